"""A sweep's folder: the only module that knows its file names, here or at an fsspec URL.

This module hides that a point appears whole or not at all, that the folder may be on storage that is no
file system, and where work in hand lies meanwhile. Folders and manifests are all there is: whoever executes
a sweep finds in them what is done.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import filelock
import fsspec.core
import platformdirs
import pyarrow as pa
import pyarrow.parquet as pq

from nucleate.errors import RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.manifest import digest_of

STAGE_OF = {
    "scores": "scoring",
    "unseen": "unseen",
    "interventions": "intervene",
    "claims": "claims",
    "figures": "figures",
    "page": "report",
    "corpus": "corpus",
    "checkpoints": "training",
}
"""The stage that makes what is kept."""

OVER_POINTS = (
    "scores.parquet",
    "over_seeds.parquet",
    "emergence.parquet",
    "measures.parquet",
    "arms.parquet",
    "figures",
    "sweep.html",
)
"""What is written over all points: in a folder that no sweep has been in, none of these may be there."""
_DRAWN = (".svg", ".png")


class SweepFolder:
    """`points/NAME/` of every point that is done, tables and page over all, `working/` of what is in hand.

    Args:
        root: a folder, or the URL of one on any storage that fsspec knows.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.fs, path = fsspec.core.url_to_fs(root)
        self.path = PurePosixPath(path)
        self.is_here = not self.fs.async_impl and "file" in self.fs.protocol

    @property
    def working(self) -> Path:
        """Where runs are made: beside the points, or near the worker where these are far away."""
        if self.is_here:
            return Path(self.path) / "working"
        near = os.environ.get("NUCLEATE_CACHE_DIR") or platformdirs.user_cache_dir("nucleate")
        return Path(near) / "sweeps" / digest_of(self.root)[:16]

    def run_in_hand(self, training: str, name: str) -> Path:
        """The whole run of a point while it is made, beside those that share its training."""
        return self.working / training / name

    def file(self, *names: str) -> str:
        return str(self.path.joinpath(*names))

    def read_text(self, *names: str) -> str | None:
        """None where there is no such file."""
        try:
            return self.fs.cat_file(self.file(*names)).decode()
        except FileNotFoundError:
            return None

    @contextmanager
    def writing(self, *names: str) -> Iterator[Path]:
        """Yields a path to write one file or folder to; afterwards it is in its place, whole."""
        self.working.mkdir(parents=True, exist_ok=True)
        temporary = self.working / f".writing-{uuid.uuid4().hex}"
        try:
            yield temporary
            self._put(temporary, self.file(*names))
        finally:
            remove(temporary)

    def write_text(self, text: str, *names: str) -> None:
        with self.writing(*names) as path:
            path.write_text(text, encoding="utf-8")

    def remove(self, *names: str) -> None:
        if self.fs.exists(self.file(*names)):
            self.fs.rm(self.file(*names), recursive=True)

    @contextmanager
    def held(self, training: str) -> Iterator[None]:
        """Hold a training and its points against other workers that see this folder; wait for them."""
        self.working.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(self.working / f"{training}.lock"):
            yield

    def tidy(self) -> None:
        """Remove what is left of work, unless somebody is at work here still."""
        if self.working.is_dir() and not any(path.is_dir() for path in self.working.iterdir()):
            remove(self.working)

    def done(self) -> dict[str, dict[str, Any]]:
        """What is known of every point that is done: `kept`, `seconds`, `threads` and so on, by its name."""
        try:
            names = [PurePosixPath(path).name for path in self.fs.ls(self.file("points"), detail=False)]
        except FileNotFoundError:
            return {}
        found = {name: self.facts(name) for name in names if not name.startswith(".")}
        return {name: facts for name, facts in found.items() if facts}

    def require_room(self, done: Collection[str], *also: str) -> None:
        """What a sweep writes over must be a sweep's.

        Args:
            done: names of the points that are.
            also: files that are written too.

        Raises:
            RunFolderError: something else lies where tables, figures and page of the sweep go.
        """
        if not self.is_there():
            return
        if not done and not self.threads():
            taken = [name for name in (*OVER_POINTS, *also) if self.is_there(name)]
        else:
            files = [PurePosixPath(one).relative_to(self.path) for one in self.fs.find(self.file("figures"))]
            taken = [str(file) for file in files if len(file.parts) != 2 or file.suffix not in _DRAWN]
        if taken:
            raise RunFolderError(
                f"{self.file(taken[0])} is not of a sweep, and would be replaced",
                "Choose another folder with --out, or move it.",
            )

    def facts(self, name: str) -> dict[str, Any] | None:
        """What is known of one point; None where it is not done, or its manifest is damaged."""
        try:
            manifest = json.loads(self.read_text("points", name, "manifest.json") or "{}")
        except ValueError:  # of JSON, or of UTF-8
            return None
        found = manifest.get("point") if isinstance(manifest, dict) else None
        return found if isinstance(found, dict) and "kept" in found else None

    def threads(self) -> int:
        """Of every point of this folder: results differ in their last digits with them. 0: not settled."""
        text = (self.read_text("threads") or "").strip()
        if text and not (text.isascii() and text.isdecimal()):
            raise RunFolderError(
                f"{self.file('threads')} should hold a number of threads, not {text[:40]!r}",
                "Remove it where no point of the sweep is kept, or put back what it held.",
            )
        return int(text or 0)

    def settle_threads(self, threads: int) -> None:
        if not self.threads():
            self.write_text(f"{threads}\n", "threads")

    def is_there(self, *names: str) -> bool:
        return bool(self.fs.exists(self.file(*names)))

    def read_table(self, *names: str) -> pa.Table:
        """Raises RunFolderError where it is gone or damaged."""
        try:
            with self.fs.open(self.file(*names)) as file:
                return pq.read_table(file)
        except (OSError, pa.ArrowException) as error:
            what = str(error).splitlines()[0]
            raise RunFolderError(
                f"{self.file(*names)} cannot be read: {what}",
                f"Remove {self.file(*names[:2])}: the same command makes it again.",
            ) from error

    def publish(self, run: RunFolder, keep: Collection[str], facts: Mapping[str, Any]) -> None:
        """Put what is kept of a finished run to the points; its manifest goes last.

        Hard links where that can be: what is kept costs nothing twice.
        """
        name = run.path.name
        manifest = _kept_manifest(run.manifest, keep) | {"point": dict(facts)}
        files = [file for stage in manifest["stages"].values() for file in stage["outputs"]]
        with self.writing("points", name) as folder:
            for file in ["config.toml", *files]:
                link(run.path / file, folder / file)
            (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        if "checkpoints" in keep:
            self.write_text(name, "trainings", facts["training"])
        if self.is_here:  # elsewhere nothing can be added to a file
            line = {"point": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
            with Path(self.file("log.jsonl")).open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")

    def _put(self, source: Path, target: str) -> None:
        if not self.is_here:
            return self._send(source, target)
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            remove(Path(target))
        source.replace(target)
        return None

    def _send(self, source: Path, target: str) -> None:
        """The manifest last: without it a folder counts as nothing. What is no more goes."""
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        before = set(self.fs.find(target)) if source.is_dir() else set()
        for file in sorted(
            (file for file in files if file.is_file()), key=lambda file: file.name == "manifest.json"
        ):
            place = str(PurePosixPath(target) / file.relative_to(source).as_posix())
            self.fs.makedirs(str(PurePosixPath(place).parent), exist_ok=True)
            self.fs.put_file(str(file), place)
            before.discard(place)
        for old in before:
            self.fs.rm_file(old)


def share_training(source: RunFolder, target: RunFolder) -> None:
    """Give a run the corpus and training of another that differs in nothing that these read.

    Files are hard links where that can be. The stages prove for themselves that what they find is theirs:
    were it not, they would be made again.
    """
    stages = {name: source.manifest["stages"][name] for name in ("corpus", "training")}
    for stage in stages.values():
        for file in stage["outputs"]:
            link(source.path / file, target.path / file)
    target.describe(stages=json.loads(json.dumps(stages)), precision=source.manifest["precision"])


def has_training(path: Path) -> bool:
    """Whether a run's folder holds a whole training."""
    if not (path / "config.toml").exists():
        return False
    stages = RunFolder.open(path).manifest["stages"]
    return all(stages.get(name, {}).get("status") == "done" for name in ("corpus", "training"))


def link(source: Path, target: Path) -> None:
    """The same file at another place: a hard link, or a copy where there cannot be one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _kept_manifest(manifest: Mapping[str, Any], keep: Collection[str]) -> dict[str, Any]:
    """A stage of which nothing is kept is `dropped`: whoever needs it knows that it is not there."""
    kept_stages = {STAGE_OF[one] for one in keep} | ({"corpus"} if "checkpoints" in keep else set())
    stages = {}
    for name, stage in manifest["stages"].items():
        outputs = stage["outputs"] if name in kept_stages else {}
        if name == "scoring" and "page" not in keep:  # the page alone shows projections
            outputs = {file: digest for file, digest in outputs.items() if file == "scores.parquet"}
        status = stage["status"] if name in kept_stages else "dropped"
        stages[name] = {**stage, "status": status, "outputs": outputs}
    return {**manifest, "stages": stages}
