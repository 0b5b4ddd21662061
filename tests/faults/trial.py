"""Trials of one command under one fault, and what is to be true of the folder afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

HERE = Path(__file__).parent
TINY = ("run", str(HERE / "tiny.toml"))
STAGES = ("corpus", "training", "scoring", "unseen", "intervene", "claims", "figures", "report")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (below 0: the signal that killed it), and what it said."""

    code: int
    said: str
    log: tuple[str, ...]

    @property
    def has_traceback(self) -> bool:
        return "Traceback" in self.said or self.code == 99

    @property
    def last_lines(self) -> str:
        return " | ".join(self.said.strip().splitlines()[-2:])[-300:]


def build_shim(folder: Path) -> Path | None:
    """The preloaded shim; None where this system has no C compiler or is not Linux."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "shim.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, HERE / "shim.c", "-ldl"], check=True)
    return library


class Forge:
    """Starts trials; see `forge.py`."""

    def __init__(self, place: Path, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self.place = place
        shim = build_shim(place)
        assert shim is not None, "needs Linux and a C compiler"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forge", *TINY],
            cwd=HERE.parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"LD_PRELOAD": str(shim), "OMP_NUM_THREADS": "1"} | dict(environment),
        )
        assert self._answer() == "ready"

    def run(self, folder: Path, arguments: Sequence[str] = (), **how: Any) -> Ended:
        """One command; see `begin`."""
        self.begin(folder, arguments, **how)
        return self.end()

    def begin(
        self,
        folder: Path,
        arguments: Sequence[str] = (),
        *,
        mode: str = "count",
        number: int = 0,
        until: str = "",
        plain: bool = False,
        drawn: bool = False,
        pipes: tuple[Path, Path] | None = None,
    ) -> int:
        """Start a command in a process of its own; `end` waits for it.

        Args:
            folder: whose files are watched.
            arguments: of the command; a run of the tiny preset in `folder` where none are given.
            mode: `count`, or at the Nth operation `kill`, `tear` (killed halfway through a write), `fail`
                (an I/O error, once), `full` (no room from then on) or `terminate` (SIGTERM); or `watch`.
            number: N.
            until: ends after this stage.
            plain: a page of digests in place of the real one.
            drawn: real figures in place of empty files.
            pipes: for `watch`, see `watched`.

        Returns: the process's id.
        """
        request = {
            "root": str(folder),
            "mode": mode,
            "number": number,
            "arguments": list(arguments or (*TINY, "--out", str(folder))),
            "output": str(self.place / "output"),
            "log": str(pipes[0] if pipes else self.place / "log"),
            "answers": str(pipes[1]) if pipes else "",
            "until": until,
            "plain": plain,
            "drawn": drawn,
        }
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._answer())

    def watched(self, folder: Path, arguments: Sequence[str], **how: Any) -> Iterator[str]:
        """One command, which stops before each operation, and halfway through each write, until the next one is asked for.

        Yields: what it is about to do and to which file; `half` and the file where half of it is written.
        """
        pipes = (self.place / "operations", self.place / "answers")
        for pipe in pipes:
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
        self.begin(folder, arguments, mode="watch", pipes=pipes, **how)
        with pipes[0].open() as operations, pipes[1].open("wb", buffering=0) as answers:
            for line in operations:
                yield line.strip()
                answers.write(b".")
        (self.place / "log").write_text("")

    def end(self) -> Ended:
        """How the command that was begun ended."""
        code = int(self._answer())
        said = (self.place / "output").read_text(errors="replace")
        return Ended(code, said, tuple((self.place / "log").read_text().splitlines()))

    def close(self) -> None:
        """No more trials."""
        with self._process:  # closes both pipes, which ends it, and waits
            pass

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def result_of(folder: Path) -> dict[str, str]:
    """Every file with its digest; without what tells how long something took."""
    found = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if not file.is_file() or name in (".lock", "manifest.json", "report.html"):
            continue
        content = file.read_bytes()
        if name == "training.jsonl":
            content = re.sub(rb'"seconds": [0-9.e-]+', b"", content)
        found[name] = hashlib.sha256(content).hexdigest()
    return found


_TIMES = (
    (re.compile(rb'"seconds": [0-9.e-]+'), b""),
    (re.compile(rb'"training.jsonl": "[0-9a-f]+"'), b'"training.jsonl"'),
)
"""What differs between two runs that did the same: how long it took, and the digest of a file that says so."""


def state_of(folder: Path) -> str:
    """A digest of all that a next run could go by: every name and content, but no time and no process."""
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        content = b"a folder" if file.is_dir() else file.read_bytes()
        if file.name.startswith(".lock"):
            content = b""
        for pattern, nothing in _TIMES:
            content = pattern.sub(nothing, content)
        found.update(file.relative_to(folder).as_posix().encode() + b"\0" + hashlib.sha256(content).digest())
    return found.hexdigest()


def restore(before: Path, folder: Path) -> None:
    """Make `folder` what it was at a time before."""
    shutil.rmtree(folder, ignore_errors=True)
    if before.exists():
        shutil.copytree(before, folder)


def points_of(log: Sequence[str]) -> list[int]:
    """The operations to be tried; of writes in a row to one file the first and the middle one."""
    found, begun = [], 0
    for number, line in enumerate(log, 1):
        if number == 1 or line != log[number - 2] or not line.startswith("write"):
            begun = number
        is_last = number == len(log) or log[number] != line
        if number == begun:
            found.append(number)
        elif is_last and line.startswith("write"):
            found.append((begun + number + 1) // 2)
    return sorted(set(found))
