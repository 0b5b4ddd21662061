"""Every point at which a run could be killed, looked at without a kill for each.

A kill leaves what the folder is at that moment: the system keeps what was written. So one run stops before every
operation on its files, and halfway through every write, and its folder is looked at as the next command would find
it: a copy, whose files are links to the same contents, is opened, put in order and checked. Of the different
folders that were seen, some of every stage are copied for good and gone on with to the end.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleate.errors import NucleateError
from nucleate.run_folder.atomic_write import REPLACED, WRITING
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.manifest import sha256
from tests.faults.outcome import Outcome
from tests.faults.trial import TINY, Forge, restore, result_of

SMOKE = ("run", "smoke")
_LOCKS = (".lock", ".held-by.json")
_NOT_LISTED = ("config.toml", "manifest.json", "training.jsonl")
"""What no stage lists while it is in hand: settings have a digest of their own, the log is appended to."""
_DRAWN_STAGES = ("figures", "report")
_IN_MEMORY = Path("/dev/shm")
"""A file system on which thousands of copies are made and deleted in no time."""


@dataclass(frozen=True)
class Command:
    """A command that is watched.

    Attributes:
        name: what it is called in counts.
        arguments: of the program.
        drawn: whether its figures and its page are real.
        found: the run's files when it has ended; empty before.
    """

    name: str
    arguments: tuple[str, ...]
    drawn: bool
    found: dict[str, str]


@dataclass(frozen=True)
class Drawn:
    """A folder to be gone on with: a copy of it, in which stage of which command, about to do what."""

    copy: Path
    command: Command
    stage: str
    line: str


class Watch:
    """What is seen of a folder while commands are at work in it.

    Args:
        folder: the run's.
        place: for copies, on the same file system.
        per_stage: how many different folders of each stage are kept, drawn evenly.
    """

    def __init__(self, folder: Path, place: Path, per_stage: int) -> None:
        self.folder, self.place, self.per_stage = folder, place, per_stage
        place.mkdir()
        self.outcome = Outcome()
        self.kept: dict[str, list[Drawn]] = defaultdict(list)
        self._random = random.Random(1)
        self._looked: dict[str, tuple[int, ...]] = {}
        self._digests: dict[tuple[int, ...], str] = {}
        self._groups: dict[str, set[str]] = defaultdict(set)
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._listed: dict[str, set[str]] = defaultdict(set)
        self._log = b""

    def look(self, command: Command, line: str, is_tried: bool = True) -> None:
        """The folder before an operation, as a kill would leave it; where it is not tried, contents are noted alone."""
        files = _files_in(self.folder)
        is_new, self._looked = files != self._looked, files
        wrong = []
        if is_new:
            self._note(files)
            wrong = self._torn_log()
        if is_new and is_tried:
            self._draw(command, line, files)
            wrong += wrong_in(self._linked())
        if is_tried or wrong:
            kind = "halfway through a write" if line.startswith("half") else "before an operation"
            self.outcome.count(kind, f"{command.name}, {line}", wrong)

    def torn(self) -> list[str]:
        """Files that were at their place with a content that no manifest ever listed."""
        return [
            f"{name} was there with a content that was never finished"
            for name, digests in self._seen.items()
            if digests - self._listed[name]
        ]

    @property
    def n_groups(self) -> int:
        """How many folders were seen that the next command could tell apart."""
        return sum(map(len, self._groups.values()))

    def _linked(self) -> Path:
        seen = self.place / self.folder.name
        shutil.rmtree(seen, ignore_errors=True)
        if self.folder.exists():
            shutil.copytree(self.folder, seen, copy_function=os.link, ignore=shutil.ignore_patterns(*_LOCKS))
        return seen

    def _note(self, files: dict[str, tuple[int, ...]]) -> None:
        for name, one in files.items():
            if _is_final(name) and name not in _NOT_LISTED:
                self._seen[name].add(self._digest(name, one))
        for entry in self._stages().values():
            about = entry.get("replacing", {})
            for listed in (entry, about):
                for name, digest in listed.get("outputs", {}).items():
                    self._listed[name].add(digest)

    def _stages(self) -> dict[str, Any]:
        try:
            return RunFolder(self.folder).manifest["stages"]
        except NucleateError:
            return {}  # `wrong_in` tells it

    def _digest(self, name: str, one: tuple[int, ...]) -> str:
        if one not in self._digests or name in _NOT_LISTED:
            self._digests[one] = sha256(self.folder / name)
        return self._digests[one]

    def _draw(self, command: Command, line: str, files: dict[str, tuple[int, ...]]) -> None:
        """Of all different folders of a stage each is kept with the same chance."""
        group = hashlib.sha256()
        for name, one in files.items():
            known = self._digest(name, one) if _is_final(name) else str(one[1])
            group.update(f"{name} {known}\n".encode())
        stage = _in_hand(self._stages())
        key = f"{command.name}, {stage}"
        groups = self._groups[key]
        if group.hexdigest() in groups:
            return
        groups.add(group.hexdigest())
        slot = len(groups) - 1 if len(groups) <= self.per_stage else self._random.randrange(len(groups))
        if slot < self.per_stage:
            copy = self.place / f"{key} {slot}"
            restore(self.folder, copy)
            self.kept[key][slot : slot + 1] = [Drawn(copy, command, stage, line)]

    def _torn_log(self) -> list[str]:
        log = self.folder / "training.jsonl"
        content = log.read_bytes() if log.exists() else b""
        was, self._log = self._log, content
        return [] if content.startswith(was) else ["training.jsonl was not appended to"]


def every_point(
    forge: Forge, preset: Sequence[str] = SMOKE, *, every: int = 1, first: int = 0, per_stage: int = 4
) -> Outcome:
    """A run, and a scoring of it that is made again, looked at wherever they could be killed.

    Args:
        forge: starts the commands.
        preset: the arguments of the run; figures and page are real where it is `smoke`.
        every: tries each Nth point alone.
        first: the first of them.
        per_stage: how many different folders of each stage are gone on with to the end.
    """
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as place:
        folder = Path(place) / "run"
        watch = Watch(folder, Path(place) / "copies", per_stage)
        number = itertools.count()
        for command in _commands(preset, folder):
            is_real = command.drawn
            for line in forge.watched(folder, command.arguments, drawn=is_real, plain=not is_real):
                watch.look(command, line, is_tried=next(number) % every == first)
            ended = forge.end()
            assert ended.code == 0, ended.said
            command.found.update(result_of(folder))
        watch.outcome.wrong += watch.torn()
        watch.outcome.tried["different folders"] = watch.n_groups
        for key, left in ((key, left) for key, kept in watch.kept.items() for left in kept):
            watch.outcome.count("gone on from", f"{key}, {left.line}", list(_gone_on(forge, folder, left)))
    return watch.outcome


def _commands(preset: Sequence[str], folder: Path) -> Iterator[Command]:
    yield Command("run", (*preset, "--out", str(folder)), tuple(preset) != TINY, {})
    yield Command("scoring again", ("score", str(folder), "--set", "scoring.n_init=2"), False, {})


def _gone_on(forge: Forge, folder: Path, left: Drawn) -> Iterator[str]:
    """The command again, from where it was: figures are left out where real ones would be drawn from the start."""
    restore(left.copy, folder)
    is_drawn = left.command.drawn and left.stage in _DRAWN_STAGES
    ended = forge.run(folder, left.command.arguments, drawn=is_drawn, plain=not is_drawn)
    if ended.code:
        yield f"the next run ends with {ended.code}: {ended.last_lines}"
        return
    found, expected = result_of(folder), left.command.found
    different = sorted(name for name in found | expected if found.get(name) != expected.get(name))
    if left.command.drawn and not is_drawn:
        different = [name for name in different if not name.startswith("figures/")]
    if different:
        yield f"the next run differs in {', '.join(different[:5])}"
    yield from wrong_in(folder)


def wrong_in(copy: Path) -> Iterator[str]:
    """What the next command would find wrong; it puts the folder in order, as that command would."""
    try:
        has_settings = (copy / "config.toml").exists()
        folder = RunFolder.open(copy) if has_settings else RunFolder.reserve(copy, "")
        with folder.locked():
            pass
        if has_settings:
            folder.read_config()
        yield from folder.problems()
        yield from (one for one in folder.strangers() if "broken off" not in one)
    except NucleateError as error:
        yield f"cannot be read: {error.what}"
    for beginning in (WRITING, REPLACED):
        yield from (f"{file.name} stays" for file in copy.rglob(f"{beginning}*"))


def _files_in(folder: Path) -> dict[str, tuple[int, ...]]:
    """Every file by its name within the folder, with what tells whether it changed: place, size, time."""
    found = {}
    for within, _, names in os.walk(folder):
        for name in names:
            if name not in _LOCKS:
                path = Path(within, name)
                state = path.stat()
                found[path.relative_to(folder).as_posix()] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return dict(sorted(found.items()))


def _is_final(name: str) -> bool:
    return not any(part.startswith((WRITING, REPLACED)) for part in name.split("/"))


def _in_hand(stages: dict[str, Any]) -> str:
    """The stage that runs; between two of them the one before."""
    running = [name for name, entry in stages.items() if entry.get("status") == "running"]
    return (running or list(stages) or ["nothing yet"])[-1]
