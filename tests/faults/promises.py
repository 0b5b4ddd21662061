"""What is promised of a run's folder and of the processes at work in it, tried and counted.

Each promise is a function that tries it and says what it tried and what went wrong. The tests draw a few
trials of each; `python -m tests.faults` (`make faults`) tries all and prints the table of docs/reliability.md.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nucleate.errors import NucleateError
from nucleate.run_folder.folder import RunFolder
from tests.faults.trial import STAGES, Ended, Forge, points_of, restore, result_of


@dataclass
class Outcome:
    """What was tried of a promise, and what went wrong.

    Attributes:
        tried: how many trials of each kind.
        wrong: a line for each trial in which something was not as promised.
    """

    tried: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def count(self, kind: str, what: str, wrong: Sequence[str]) -> None:
        """Add one trial."""
        self.tried[kind] = self.tried.get(kind, 0) + 1
        self.wrong += [f"{what}: {line}" for line in wrong]


class Story:
    """A tiny run, stage by stage: the folder before and after each, and what each does to files."""

    def __init__(self, forge: Forge, place: Path) -> None:
        self.forge, self.place, self.folder = forge, place, place / "run"
        self.logs: dict[str, tuple[str, ...]] = {}
        self.stages: list[str] = []
        for stage in STAGES:
            shutil.copytree(self.folder, self.before(stage)) if self.folder.exists() else None
            ended = forge.run(self.folder, until=stage)
            assert ended.code == 0, ended.said
            self.logs[stage] = ended.log
            self.stages.append(stage)
            shutil.copytree(self.folder, self.after(stage))

    def before(self, stage: str) -> Path:
        return self.place / f"before-{stage}"

    def after(self, stage: str) -> Path:
        return self.place / f"after-{stage}"

    def points(self) -> Iterator[tuple[str, int]]:
        """Every stage with every operation to be tried in it."""
        for stage in self.stages:
            for number in points_of(self.logs[stage]):
                yield stage, number


MODES = ("kill", "tear", "fail", "full")


def never_torn(story: Story, modes: Sequence[str] = MODES, every: int = 1, first: int = 0) -> Outcome:
    """Every file is the old one or the new one, whatever operation a run is killed or fails at."""
    outcome = Outcome()
    for mode in modes:
        for stage, number in list(story.points())[first::every]:
            line = story.logs[stage][number - 1]
            if mode == "tear" and not line.startswith("write"):
                continue
            restore(story.before(stage), story.folder)
            ended = story.forge.run(story.folder, mode=mode, number=number, until=stage)
            wrong = [*_ending(ended, mode), *_disagreements(story.folder), *_goes_on(story, stage)]
            outcome.count(mode, f"{mode} at operation {number} of {stage} ({line})", wrong)
    return outcome


def _ending(ended: Ended, mode: str) -> Iterator[str]:
    expected = (-9,) if mode in ("kill", "tear") else (0, 2)
    if ended.code not in expected:
        yield f"ended with {ended.code}"
    if ended.has_traceback:
        yield f"a traceback: {ended.last_lines}"
    if ended.code == 2 and not ("error:" in ended.said and "fix:" in ended.said):
        yield f"not said in two lines: {ended.last_lines}"


def _disagreements(folder: Path) -> Iterator[str]:
    try:
        if (folder / "config.toml").exists():
            yield from RunFolder.open(folder).problems()
    except NucleateError as error:
        yield f"cannot be read: {error.what}"


def _goes_on(story: Story, stage: str) -> Iterator[str]:
    again = story.forge.run(story.folder, until=stage)
    if again.code:
        yield f"the next run ends with {again.code}: {again.last_lines}"
        return
    found, expected = result_of(story.folder), result_of(story.after(stage))
    different = sorted(name for name in found | expected if found.get(name) != expected.get(name))
    if different:
        yield f"the next run differs in {', '.join(different[:5])}"
    yield from _disagreements(story.folder)
