"""A run's folder: the only module that knows file names.

Every stage reads and writes here and nowhere else. What is hidden: a file appears whole or not at all
(written beside its place, flushed to disk, renamed), the manifest lists every finished file with its
digest, a stage that reads a file first proves that it is the one that was written, and two processes
cannot write to one folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import filelock

from nucleate.errors import RunFolderError
from nucleate.run_folder.interrupts import hold_interrupts

_ANOTHER_FOLDER = "Choose another folder with --out, or remove this one."


class RunFolder:
    """One run on disk. `create` makes or continues one, `open` takes one that exists."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = {"stages": {}}
        self._running: str | None = None
        if self.manifest_json.exists():
            self.manifest = _read_manifest(self.manifest_json)

    # The names of all files. Nothing else in nucleate spells one.
    @property
    def config_toml(self) -> Path:
        return self.path / "config.toml"

    @property
    def manifest_json(self) -> Path:
        return self.path / "manifest.json"

    @property
    def corpus(self) -> Path:
        return self.path / "corpus"

    @property
    def instances(self) -> Path:
        return self.corpus / "instances.parquet"

    @property
    def tasks(self) -> Path:
        return self.corpus / "tasks.json"

    @property
    def training_log(self) -> Path:
        return self.path / "training.jsonl"

    @property
    def training_state(self) -> Path:
        return self.path / "training_state.safetensors"

    @property
    def scores(self) -> Path:
        return self.path / "scores.parquet"

    @property
    def projections(self) -> Path:
        return self.path / "projections"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def unseen(self) -> Path:
        return self.path / "unseen.parquet"

    @property
    def interventions(self) -> Path:
        return self.path / "interventions.parquet"

    @property
    def claims(self) -> Path:
        return self.path / "claims.json"

    @property
    def emergence(self) -> Path:
        return self.path / "emergence.parquet"

    @property
    def figures(self) -> Path:
        return self.path / "figures"

    @property
    def downloads(self) -> Path:
        return self.path / "downloads"

    def states(self, step: int) -> Path:
        return self.path / "states" / f"step-{step:08d}"

    def checkpoint(self, step: int) -> Path:
        return self.path / "checkpoints" / f"step-{step:08d}"

    def checkpoint_steps(self) -> list[int]:
        """The steps of the checkpoints that are there, ascending."""
        return sorted(
            int(folder.name.removeprefix("step-")) for folder in self.path.glob("checkpoints/step-*")
        )

    @classmethod
    def create(cls, path: Path, config: str) -> Self:
        """Make the folder for the run that `config` (TOML) describes, or continue that run.

        Raises:
            RunFolderError: the folder holds another config's run or other files, or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            present = {entry.name for entry in path.iterdir()}
        except OSError as error:
            raise RunFolderError(
                f"cannot write to {path}: {error.strerror}", "Choose another folder with --out."
            ) from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise RunFolderError(
                f"cannot write to {path}: no permission", "Choose another folder with --out."
            )
        folder = cls(path)
        if folder.config_toml.exists():
            if folder.read_config() != config:
                raise RunFolderError(f"{path} holds a run with other settings", _ANOTHER_FOLDER)
        elif present - {".lock", "manifest.json"}:
            raise RunFolderError(f"{path} is not empty and holds no run", _ANOTHER_FOLDER)
        else:
            folder.write_config(config)
        return folder

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises RunFolderError where `path` is not a run's folder."""
        folder = cls(path)
        if not folder.config_toml.is_file():
            raise RunFolderError(
                f"{path} is not a run's folder: it has no config.toml", "Name the DIR of a run."
            )
        return folder

    def read_config(self) -> str:
        text = self.config_toml.read_text(encoding="utf-8")
        recorded = self.manifest.get("config")
        if recorded is not None and recorded != hashlib.sha256(text.encode()).hexdigest():
            raise RunFolderError(
                f"{self.config_toml} was edited after the run began",
                "Undo the edit, or start a run of its own.",
            )
        return text

    def write_config(self, config: str) -> None:
        with self._whole(self.config_toml) as temporary:
            temporary.write_text(config, encoding="utf-8")
        self.describe(config=hashlib.sha256(config.encode()).hexdigest())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against a second process."""
        lock = filelock.FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise RunFolderError(
                f"another process is at work in {self.path}", "Wait for it to end, or choose another folder."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def describe(self, **facts: Any) -> None:
        """Put facts about the run (versions, seed, command, precision) into the manifest."""
        if any(self.manifest.get(name) != value for name, value in facts.items()):
            self.manifest.update(facts)
            self._write_manifest()

    def is_done(self, stage: str, inputs: str) -> bool:
        """Whether `stage` was finished from these very inputs; raises where its files changed since."""
        entry = self._stage(stage)
        if entry.get("status") != "done" or entry.get("inputs") != inputs:
            return False
        self.require(stage)
        return True

    @contextmanager
    def stage(self, name: str, inputs: str) -> Iterator[None]:
        """Run a stage: files committed within are its outputs. Continues one that was broken off."""
        entry = self._stage(name)
        if entry.get("inputs") != inputs:
            self._forget(entry)
        begun = time.monotonic() - entry.get("seconds", 0.0) * (entry.get("status") == "running")
        entry = {"status": "running", "inputs": inputs, "outputs": entry.get("outputs", {}), "seconds": 0.0}
        self.manifest["stages"][name], self._running = entry, name
        self._write_manifest()
        try:
            yield
            entry["status"] = "done"
        finally:
            entry["seconds"], self._running = round(time.monotonic() - begun, 3), None
            self._write_manifest()

    @contextmanager
    def commit(self, path: Path) -> Iterator[Path]:
        """Yield a path to write a file or folder to; afterwards it is at `path`, whole and recorded."""
        assert self._running is not None, "files are committed within a stage"
        with hold_interrupts():
            with self._whole(path) as temporary:
                yield temporary
            self.record(path)

    def record(self, path: Path) -> None:
        """List a finished file, or every file of a folder, in the manifest."""
        assert self._running is not None, "files are recorded within a stage"
        outputs = self.manifest["stages"][self._running]["outputs"]
        for file in _files_of(path):
            outputs[file.relative_to(self.path).as_posix()] = _sha256(file)
        self._write_manifest()

    def discard(self, path: Path) -> None:
        """Remove a recorded file that has served its purpose."""
        assert self._running is not None, "files are discarded within a stage"
        self.manifest["stages"][self._running]["outputs"].pop(path.relative_to(self.path).as_posix(), None)
        self._write_manifest()
        path.unlink(missing_ok=True)

    def has_recorded(self, path: Path) -> bool:
        """Whether a file, or a folder with files, was finished by the stage that is running."""
        assert self._running is not None, "files are recorded within a stage"
        name = path.relative_to(self.path).as_posix()
        outputs = self.manifest["stages"][self._running]["outputs"]
        return any(output == name or output.startswith(f"{name}/") for output in outputs)

    def outputs_digest(self, stage: str) -> str:
        """One digest over all outputs of a finished stage: the inputs of the stages after it."""
        return digest_of(self._stage(stage).get("outputs", {}))

    def require(self, stage: str) -> None:
        """Prove that a stage is finished and its files are the ones that it wrote.

        Raises:
            RunFolderError: the stage is not done, or a file is missing, torn or edited.
        """
        if self._stage(stage).get("status") != "done":
            raise RunFolderError(
                f"{self.path} has no finished {stage}", f"Finish it first: nucleate run ... --out {self.path}"
            )
        problems = self.problems(stage)
        if problems:
            raise RunFolderError(
                problems[0],
                f"Put the file back, or run again into another folder; see: nucleate check {self.path}",
            )

    def require_file(self, path: Path) -> None:
        """Prove that one recorded file is the one that was written."""
        name = path.relative_to(self.path).as_posix()
        for entry in self.manifest["stages"].values():
            problem = _problem(path, entry["outputs"][name]) if name in entry.get("outputs", {}) else None
            if problem:
                raise RunFolderError(problem, "Put the file back, or run again into another folder.")

    def problems(self, stage: str | None = None) -> list[str]:
        """One line for every listed file that is missing or not the one that was written."""
        entries = self.manifest["stages"] if stage is None else {stage: self._stage(stage)}
        return [
            problem
            for entry in entries.values()
            for name, digest in entry.get("outputs", {}).items()
            if (problem := _problem(self.path / name, digest))
        ]

    def _stage(self, name: str) -> dict[str, Any]:
        return self.manifest["stages"].get(name, {})

    def _forget(self, entry: dict[str, Any]) -> None:
        for name in entry.pop("outputs", {}):
            (self.path / name).unlink(missing_ok=True)

    def _write_manifest(self) -> None:
        with self._whole(self.manifest_json) as temporary:
            temporary.write_text(json.dumps(self.manifest, indent=2) + "\n", encoding="utf-8")

    @contextmanager
    def _whole(self, path: Path) -> Iterator[Path]:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".writing-{path.name}")
        _remove(temporary)
        try:
            yield temporary
            for file in _files_of(temporary):
                _flush_to_disk(file)
            if path.is_dir():
                shutil.rmtree(path)
            temporary.replace(path)
        except OSError as error:
            raise RunFolderError(
                f"cannot write {path}: {error.strerror or error}",
                "Make room or choose another folder with --out.",
            ) from error
        finally:
            _remove(temporary)


def digest_of(*parts: Any) -> str:
    """SHA-256 over any values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(manifest, dict) and isinstance(manifest["stages"], Mapping):
            return manifest
    except (OSError, ValueError, KeyError):
        pass
    raise RunFolderError(f"{path} is torn or was edited", "Put it back, or run again into another folder.")


def _problem(path: Path, digest: str) -> str | None:
    if not path.is_file():
        return f"{path} is missing"
    return None if _sha256(path) == digest else f"{path} is not the file that was written: torn or edited"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files_of(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _flush_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
