"""A run's folder: every stage reads and writes here and nowhere else.

This module hides how a folder stays whole: the manifest lists every finished file with its digest; a stage
that reads a file first proves that it is the one that was written; a stage that is made again replaces its
earlier files one by one, so that until then they can be read; what a killed process was about is put in
order; and two processes cannot write to one folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from nucleate.errors import RunFolderError
from nucleate.run_folder import ledger
from nucleate.run_folder.atomic_write import (
    WRITING,
    flush_to_disk,
    put_in_place,
    whole,
    written_beside,
)
from nucleate.run_folder.finished import FinishedStages
from nucleate.run_folder.interrupts import hold_interrupts
from nucleate.run_folder.locks import held
from nucleate.run_folder.manifest import (
    Digests,
    digest_of,
    digests_of,
    is_within,
    read_manifest,
    text_digest,
    write_manifest,
)
from nucleate.run_folder.recovery import delete_earlier, put_in_order
from nucleate.settings.differences import what_differs

_ANOTHER_FOLDER = "Choose another folder with --out, or remove this one."
_OLDER = " An older version's run, which lacks settings of today, is gone on with by that version alone."
_MAKE_ROOM = "Make room or choose another folder with --out."


class RunFolder(FinishedStages):
    """One run on disk. `create` makes or continues one, `open` takes one that exists."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._in_hand: _StageInHand | None = None

    @classmethod
    def create(cls, path: Path, config: str) -> Self:
        """Make the folder for the run that `config` (TOML) describes, or continue that run.

        Raises:
            RunFolderError: as `reserve`.
        """
        folder = cls.reserve(path, config)
        folder.write_config(config)
        return folder

    @classmethod
    def reserve(cls, path: Path, config: str) -> Self:
        """The folder without its settings yet: until `write_config` any other run may have it.

        Raises:
            RunFolderError: the folder holds another config's run or other files, or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            present = {entry.name for entry in path.iterdir()}
        except OSError as error:
            raise RunFolderError(
                f"cannot write to {path}: {_why_not(path, error)}", "Choose another folder with --out."
            ) from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise RunFolderError(
                f"cannot write to {path}: no permission", "Choose another folder with --out."
            )
        folder = cls(path)
        folder._require_manifest()
        if folder.config_toml.exists():
            if (was := folder.read_config()) != config:
                what = f"{path} holds a run with other settings: {what_differs(was, config)}"
                raise RunFolderError(what, f"{_ANOTHER_FOLDER}{_OLDER if 'not set' in what else ''}")
        elif {name for name in present if not name.startswith(WRITING)} - folder.before_settings:
            raise RunFolderError(f"{path} is not empty and holds no run", _ANOTHER_FOLDER)
        return folder

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises RunFolderError where `path` is not a run's folder."""
        folder = cls(path)
        if not folder.config_toml.is_file():
            raise RunFolderError(
                f"{path} is not a run's folder: it has no config.toml", "Name the DIR of a run."
            )
        folder._require_manifest()
        if any(map(ledger.is_unsettled, folder.manifest["stages"].values())):
            with suppress(RunFolderError, OSError), folder.locked():  # else it is read as it is
                pass
        return folder

    def _require_manifest(self) -> None:
        """There is one before there are settings: without it, nothing in the folder can be trusted."""
        if self.config_toml.exists() and not self.manifest_json.exists():
            raise RunFolderError(
                f"{self.manifest_json} is missing, which lists what was finished",
                "Put it back, or run again into another folder.",
            )

    def read_config(self) -> str:
        """The TOML. Raises RunFolderError where it is not the one that the run was begun with."""
        text = self.config_toml.read_text(encoding="utf-8")
        recorded = [self.manifest[name] for name in ("config", "next_config") if name in self.manifest]
        if recorded and text_digest(text) not in recorded:
            raise RunFolderError(
                f"{self.config_toml} was edited after the run began",
                "Undo the edit, or start a run of its own.",
            )
        return text

    def write_config(self, config: str) -> None:
        """Give the run these settings. A kill at any moment leaves the old ones or the new ones."""
        digest = text_digest(config)
        if self.config_toml.exists() and self.read_config() == config:
            return
        self.describe(next_config=digest)
        with whole(self.config_toml) as temporary:
            temporary.write_text(config, encoding="utf-8")
        self.manifest.pop("next_config", None)
        self.describe(config=digest)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against a second process; what a killed one was about is put in order."""
        with held(self.lock, self.held_by):
            self._put_in_order()
            yield

    def describe(self, **facts: Any) -> None:
        """Put facts about the run (versions, seed, command, precision) into the manifest."""
        if any(self.manifest.get(name) != value for name, value in facts.items()):
            self.manifest.update(facts)
            self._write_manifest()

    @contextmanager
    def stage(self, name: str, inputs: str) -> Iterator[None]:
        """Run a stage: files committed within are its outputs.

        One that was broken off is gone on with. One that was finished keeps its files, and its place in the
        manifest, until the first new file is committed; what is not made anew goes when the stage ends.
        """
        was = self._stage(name)
        hand = self._in_hand = _StageInHand(name, ledger.begun(was, inputs))
        if was.get("status") != "done":
            self._list(hand.entry)
        try:
            yield
            self._finish(hand)
        finally:
            self._in_hand = None
            if self._stage(name).get("status") == "running":
                self._list(hand.entry | {"seconds": hand.seconds}, name)

    @contextmanager
    def commit(self, path: Path) -> Iterator[Path]:
        """Yield a path to write a file or folder to; afterwards it is at `path`, whole and recorded."""
        hand, name = self._stage_in_hand(), self.name_of(path)
        if not is_within(self.path, path):
            raise RunFolderError(
                f"{path} is a link out of the folder",
                "Replace it by a folder, or link the whole run's folder.",
            )
        if path.is_dir() and ledger.lists_at(hand.entry, name):
            self._keep_what_is_not_ours(path)
        with written_beside(path, _MAKE_ROOM) as temporary:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            flush_to_disk(temporary)
            files = digests_of(temporary, name)
            with hold_interrupts():
                if ledger.lists_at(hand.entry, name):
                    about = {"path": name, "inputs": hand.entry["inputs"], "outputs": files}
                    self._list(self._stage(hand.name) | {"replacing": about}, hand.name)
                put_in_place(temporary, path)
                self._take(name, files)

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """A folder for what a stage needs only while it works; it goes afterwards, also behind a kill."""
        with written_beside(self.path / name, _MAKE_ROOM) as temporary:
            temporary.mkdir()
            yield temporary

    def record(self, path: Path) -> None:
        """List a finished file, or every file of a folder, in the manifest."""
        self._take(self.name_of(path), digests_of(path, self.name_of(path)))

    def discard(self, path: Path) -> None:
        """A recorded file has served its purpose: it goes when the stage ends."""
        self._stage_in_hand().discarded.add(self.name_of(path))

    def has_recorded(self, path: Path) -> bool:
        """Whether a file, or a folder with files, was finished by the stage that is running."""
        entry = self._stage_in_hand().entry
        return ledger.lists_at({"outputs": entry["outputs"]}, self.name_of(path))

    def _keep_what_is_not_ours(self, path: Path) -> None:
        """A folder that is replaced goes with all that is in it."""
        foreign = self.unlisted_in(path)
        if foreign:
            raise RunFolderError(
                f"{self.path / foreign[0]} is not of this run, and would go with the old {path.name}",
                "Move it out of the folder.",
            )

    def _stage_in_hand(self) -> _StageInHand:
        assert self._in_hand is not None, "files are committed and recorded within a stage"
        return self._in_hand

    def _list(self, entry: ledger.Entry, name: str = "") -> None:
        self.manifest["stages"][name or self._stage_in_hand().name] = entry
        self._write_manifest()

    def _take(self, name: str, files: Digests) -> None:
        """`files` are at their place now: the stage in hand takes the place of an earlier one."""
        hand = self._stage_in_hand()
        hand.entry = ledger.with_files(hand.entry, name, files)
        self._list(hand.entry)

    def _finish(self, hand: _StageInHand) -> None:
        self._list(ledger.finished(hand.entry, hand.discarded) | {"seconds": hand.seconds})
        if ledger.is_unsettled(self._stage(hand.name)):
            delete_earlier(self, self.manifest, hand.name)
            self._write_manifest()

    def _put_in_order(self) -> None:
        self.manifest = read_manifest(self.manifest_json)
        before = digest_of(self.manifest)
        put_in_order(self, self.manifest)
        if digest_of(self.manifest) != before:
            self._write_manifest()

    def _write_manifest(self) -> None:
        write_manifest(self.manifest, self.manifest_json)


def _why_not(path: Path, error: OSError) -> str:
    """The system says `File exists` of all that is there and no folder."""
    if path.is_symlink() and not path.exists():
        return f"it is a link to {path.readlink()}, which is not there"
    return "it is a file" if path.is_file() else error.strerror or str(error)


class _StageInHand:
    """The stage that runs now; `entry` is not in the manifest before it has left something there."""

    def __init__(self, name: str, entry: ledger.Entry) -> None:
        self.name, self.entry = name, entry
        self.discarded: set[str] = set()
        self._begun = time.monotonic() - entry["seconds"]

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._begun, 3)
