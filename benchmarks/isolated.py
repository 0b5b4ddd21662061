"""Time and peak memory of a piece of work in a process of its own.

This module hides that a process which has done other work before has a peak of its own already, and that
freed memory may stay with it. So the work is prepared (imports, weights, a small warm-up), what is free is
given back, the kernel's record of the peak is reset, and only then the work is done. Linux only: it reads
/proc.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
_ANSWER = "benchmark: "


@dataclass(frozen=True)
class Alone:
    """What work cost in a process of its own.

    Attributes:
        seconds: of the work, without its preparation.
        peak_bytes: the most memory that was resident, beyond what was before the work.
        answer: what the work returned.
    """

    seconds: float
    peak_bytes: float
    answer: Any


def in_own_process(prepare: str, **arguments: Any) -> Alone:
    """Do in a new process what `module:function(**arguments)` returns: a function without arguments."""
    command = [sys.executable, "-m", "benchmarks.isolated", prepare, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith(_ANSWER))
    return Alone(**json.loads(line.removeprefix(_ANSWER)))


def in_turn_alone(contestants: Mapping[str, Callable[[], Alone]], *, rounds: int) -> dict[str, list[Alone]]:
    """Every contestant once per round, each in a process of its own."""
    done: dict[str, list[Alone]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            done[name].append(contestant())
    return done


def whole_process(command: Sequence[str]) -> Alone:
    """Seconds and peak memory of a command, from its start to its end.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    peaks = [0]
    with tempfile.TemporaryFile("w+") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        watcher = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
        watcher.start()
        code = process.wait()
        seconds = time.perf_counter() - begun
        watcher.join()
        said.seek(0)
        if code:
            raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{said.read()}")
    return Alone(seconds, peaks[0], None)


def _watch(process: subprocess.Popen[bytes], peaks: list[int]) -> None:
    """The most that it and all that it started hold together: of the others, what they do not share.

    Shared pages are not told apart by user: to walk through all pages would slow what is timed.
    """
    try:
        own = psutil.Process(process.pid)
        while process.returncode is None:
            started = sum(_unshared(one) for one in own.children(recursive=True))
            peaks[0] = max(peaks[0], own.memory_info().rss + started)
            time.sleep(0.1)
    except psutil.NoSuchProcess:
        return  # it has just ended


def _unshared(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
    except psutil.NoSuchProcess:
        return 0  # it has just ended
    return memory.rss - memory.shared


def _status(name: str, pid: int | str = "self") -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024


def _measure(prepare: str, arguments: dict[str, Any]) -> Alone:
    module, _, function = prepare.partition(":")
    work = getattr(importlib.import_module(module), function)(**arguments)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before, begun = _status("VmRSS"), time.perf_counter()
    answer = work()
    seconds = time.perf_counter() - begun
    return Alone(seconds, max(0, _status("VmHWM") - before), answer)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    measured = _measure(sys.argv[1], json.loads(sys.argv[2]))
    print(_ANSWER + json.dumps(vars(measured)))
