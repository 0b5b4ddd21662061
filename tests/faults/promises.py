"""What is promised of a run's folder and of the processes at work in it, tried and counted.

Each promise is a function that tries it and says what it tried and what went wrong. The tests draw a few
trials of each; `python -m tests.faults` (`make faults`) tries all and prints the table of docs/reliability.md.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from nucleate.errors import NucleateError
from nucleate.run_folder.folder import RunFolder
from tests.faults.outcome import Outcome
from tests.faults.trial import STAGES, Ended, Forge, points_of, restore, result_of, state_of

AGAIN = "scoring made again"
"""After all stages: `nucleate score` with other settings."""


class Story:
    """A tiny run, stage by stage: the folder before and after each, and what each does to files."""

    def __init__(self, forge: Forge, place: Path) -> None:
        self.forge, self.place, self.folder = forge, place, place / "run"
        self.logs: dict[str, tuple[str, ...]] = {}
        self.went_on: dict[tuple[str, str], list[str]] = {}
        self.stages: list[str] = []
        for stage in (*STAGES, AGAIN):
            shutil.copytree(self.folder, self.before(stage)) if self.folder.exists() else None
            ended = self.run(stage)
            assert ended.code == 0, ended.said
            self.logs[stage] = ended.log
            self.stages.append(stage)
            shutil.copytree(self.folder, self.after(stage))

    def run(self, stage: str, mode: str = "count", number: int = 0) -> Ended:
        """What makes a stage, or what is left of it."""
        if stage == AGAIN:
            arguments = ["score", str(self.folder), "--set", "scoring.n_init=2"]
            return self.forge.run(self.folder, arguments, mode=mode, number=number, plain=True)
        return self.forge.run(self.folder, mode=mode, number=number, until=stage, plain=True)

    def before(self, stage: str) -> Path:
        return self.place / f"before-{stage}"

    def after(self, stage: str) -> Path:
        return self.place / f"after-{stage}"

    def points(self) -> Iterator[tuple[str, int]]:
        """Every stage with every operation to be tried in it."""
        for stage in self.stages:
            for number in points_of(self.logs[stage]):
                yield stage, number


MODES = ("kill", "tear", "fail", "full", "terminate")
_EXPECTED = {"kill": (-9,), "tear": (-9,), "fail": (0, 2), "full": (0, 2), "terminate": (0, 143)}


def never_torn(story: Story, modes: Sequence[str] = MODES, every: int = 1, first: int = 0) -> Outcome:
    """Every file is the old one or the new one, whatever operation a run is killed or fails at.

    Many of these ends leave the same folder, to the byte. What the next run makes of it is tried once.
    """
    outcome, known = Outcome(), len(story.went_on)
    for mode in modes:
        points = [(*point, story.logs[point[0]][point[1] - 1]) for point in story.points()]
        torn = [point for point in points if point[2].startswith("write")]
        for stage, number, line in (torn if mode == "tear" else points)[first::every]:
            restore(story.before(stage), story.folder)
            ended = story.run(stage, mode, number)
            left = sorted(story.folder.rglob(".writing-*")) if mode == "terminate" else []
            wrong = [*ending(ended, mode), *disagreements(story.folder), *goes_on(story, stage)]
            wrong += [f"left {file.name}" for file in left]
            outcome.count(mode, f"{mode} at operation {number} of {stage} ({line})", wrong)
    outcome.tried["different folders gone on from"] = len(story.went_on) - known
    return outcome


def ending(ended: Ended, mode: str) -> Iterator[str]:
    if ended.code not in _EXPECTED[mode]:
        yield f"ended with {ended.code}"
    if ended.has_traceback:
        yield f"a traceback: {ended.last_lines}"
    if ended.code == 2 and not ("error:" in ended.said and "fix:" in ended.said):
        yield f"not said in two lines: {ended.last_lines}"


def disagreements(folder: Path) -> Iterator[str]:
    try:
        if (folder / "config.toml").exists():
            yield from RunFolder.open(folder).problems()
    except NucleateError as error:
        yield f"cannot be read: {error.what}"


def goes_on(story: Story, stage: str) -> list[str]:
    left = (stage, state_of(story.folder))
    if left not in story.went_on:
        story.went_on[left] = list(_going_on(story, stage))
    return story.went_on[left]


def _going_on(story: Story, stage: str) -> Iterator[str]:
    again = story.run(stage)
    if again.code:
        yield f"the next run ends with {again.code}: {again.last_lines}"
        return
    found, expected = result_of(story.folder), result_of(story.after(stage))
    different = sorted(name for name in found | expected if found.get(name) != expected.get(name))
    if different:
        yield f"the next run differs in {', '.join(different[:5])}"
    yield from disagreements(story.folder)


DAMAGES = {
    "flip": lambda content: (
        content[: len(content) // 2]
        + bytes([content[len(content) // 2] ^ 1])
        + content[len(content) // 2 + 1 :]
    ),
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda _content: b"",
}
_READS = {
    "check": ("",),
    "run": ("",),
    "verify": ("config.toml", "scores.parquet", "unseen.parquet", "interventions.parquet", "projections/"),
    "compare": (
        *("config.toml", "scores.parquet", "unseen.parquet", "interventions.parquet", "projections/"),
        *("corpus/", "training.jsonl", "claims.json"),
    ),
    "report": (
        *("config.toml", "scores.parquet", "unseen.parquet", "interventions.parquet", "projections/"),
        *("corpus/", "training.jsonl"),
    ),
}
"""What each command reads; it must not be silent about a damage to it."""


def damage_is_found(story: Story, every: int = 1, first: int = 0) -> Outcome:
    """Whatever happens to a file, every command that reads it says so."""
    outcome, whole = Outcome(), story.after("report")
    names = [file.relative_to(whole).as_posix() for file in sorted(whole.rglob("*")) if file.is_file()]
    names = [name for name in names if not name.startswith(".")]
    trials = [
        (name, damage, command)
        for name in names
        for damage in (*DAMAGES, "swap", "remove", "add")
        for command in _READS
    ]
    for name, damage, command in trials[first::every]:
        restore(whole, story.folder)
        _do(damage, story.folder / name, story.folder / names[(names.index(name) + 1) % len(names)])
        ended = story.forge.run(story.folder, _command(command, story.folder))
        outcome.count(damage, f"{damage} {name}, {command}", _unheard(ended, name, damage, command))
    return outcome


def _do(damage: str, file: Path, another: Path) -> None:
    if damage == "remove":
        file.unlink()
    elif damage == "swap":
        content = file.read_bytes()
        file.write_bytes(another.read_bytes())
        another.write_bytes(content)
    elif damage == "add":
        file.with_name(f"foreign-{file.name}").write_bytes(file.read_bytes())
    else:
        file.write_bytes(DAMAGES[damage](file.read_bytes()))


def _command(command: str, folder: Path) -> list[str]:
    if command == "run":
        return []
    more = ["--out", str(folder.with_name("compared.html"))] if command == "compare" else []
    return [command, str(folder), *([str(folder)] if more else []), *more]


def _unheard(ended: Ended, name: str, damage: str, command: str) -> Iterator[str]:
    if ended.has_traceback:
        yield f"a traceback: {ended.last_lines}"
    reads = name.startswith(_READS[command]) and (damage != "add" or command == "check")
    is_heard = (command == "run" and "is made again" in ended.said) or (
        name == "training.jsonl" and "training.jsonl is" in ended.said
    )
    if reads and ended.code not in (1, 2) and not is_heard:
        yield f"silent, ended with {ended.code}"
    if command == "verify" and ended.code == 1 and "error:" not in ended.said and reads:
        yield "silent, verdicts were given"


def structure_is_checked(story: Story, every: int = 1, first: int = 0) -> Outcome:
    """A manifest with anything in the place of anything is refused, or does no harm; never a traceback."""
    outcome, whole = Outcome(), story.after("report")
    manifest = json.loads((whole / "manifest.json").read_text())
    trials = [
        (place, value, command)
        for place in _places(manifest)
        for value in (None, [], {}, "x", -1, True, ["a", {}], 1e308)
        for command in ("check", "verify", "report", "run")
    ]
    for place, value, command in trials[first::every]:
        restore(whole, story.folder)
        changed = json.loads(json.dumps(manifest))
        within = changed
        for key in place[:-1]:
            within = within[key]
        within[place[-1]] = value
        (story.folder / "manifest.json").write_text(json.dumps(changed))
        ended = story.forge.run(story.folder, _command(command, story.folder))
        wrong = [f"a traceback: {ended.last_lines}"] if ended.has_traceback else []
        outcome.count(command, f"{'/'.join(place)} = {value!r}, {command}", wrong)
    return outcome


def _places(document: object, beyond: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key of a document; of many of one kind the first."""
    if isinstance(document, dict):
        for number, (key, value) in enumerate(document.items()):
            if number < 8 or beyond != ():
                yield (*beyond, key)
            if beyond[-1:] != ("outputs",):
                yield from list(_places(value, (*beyond, key)))[:12]


def one_at_a_time(story: Story) -> Outcome:
    """Two runs on one folder: one goes on, the other says who is at work; a dead one's lock is taken over."""
    outcome = Outcome()
    for stage in ("training", "report"):
        restore(story.before(stage), story.folder)
        with RunFolder.open(story.folder).locked():
            ended = story.forge.run(story.folder)
        wrong = [] if ended.code == 2 else [f"ended with {ended.code}"]
        if f"another process is at work in {story.folder}: process {os.getpid()} on" not in ended.said:
            wrong.append(f"does not say who: {ended.last_lines}")
        outcome.count("together", f"while another has it, before {stage}", wrong)
        killed = story.run(stage, "kill", 12)
        wrong = [] if killed.code == -9 else [f"ended with {killed.code}"]
        outcome.count("dead holder", f"killed in {stage}", [*wrong, *goes_on(story, stage)])
    return outcome


def same_seed_same_bytes(story: Story) -> Outcome:
    """A whole run in a fresh process, another folder and with another hash seed: the same bytes."""
    outcome = Outcome()
    for hash_seed in ("1", "2"):
        place = story.place / f"hash-{hash_seed}"
        place.mkdir()
        forge = Forge(place, {"PYTHONHASHSEED": hash_seed})
        ended = forge.run(place / "run")
        forge.close()
        found, expected = result_of(place / "run"), result_of(story.after("report"))
        wrong = [f"ended with {ended.code}"] if ended.code else []
        wrong += [name for name in found | expected if found.get(name) != expected.get(name)]
        outcome.count("runs", f"hash seed {hash_seed}", wrong)
    return outcome


def long_runs(n_checkpoints: int = 2000) -> Outcome:
    """2,000 checkpoints: neither memory nor the time of a checkpoint grows with those before by much."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder.create(Path(place) / "run", "seed = 1\n")
        seconds, memory = [], []
        with folder.locked(), folder.stage("training", "a"):
            for step in range(n_checkpoints):
                begun = time.process_time()
                with folder.commit(folder.checkpoint(step)) as path:
                    path.mkdir()
                    for number in range(5):
                        (path / f"file-{number}").write_bytes(bytes(1000))
                seconds.append(time.process_time() - begun)
                memory.append(_memory())
        grown = memory[-1] - memory[len(memory) // 10]
        first, last = statistics.median(seconds[:100]), statistics.median(seconds[-100:])
        outcome.tried = {
            "checkpoints": n_checkpoints,
            "ms of CPU of the first 100": round(first * 1e3),
            "of the last 100": round(last * 1e3),
            "MB grown": round(grown / 1e6),
        }
        if grown > 50e6:
            outcome.wrong.append(f"memory grew by {grown / 1e6:.0f} MB")
        if last - first > 0.03:
            outcome.wrong.append(f"a checkpoint took {first:.3f} s at first, {last:.3f} s at last")
    return outcome


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
