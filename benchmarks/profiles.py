"""Where time goes, in one line: what is printed beside a goal that was not reached.

Three ways, because no one of them sees everything: torch's own profiler for work that is done in its
operations, on all threads; Python's for work that is called from Python; the import log for start-up.
"""

from __future__ import annotations

import cProfile
import pstats
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from torch._C._profiler import _ExperimentalConfig
from torch.profiler import ProfilerActivity, profile

from benchmarks.isolated import ROOT

_SHOWN = 5


class Operations:
    """Where torch's time goes from `start` to `stop`, on all threads: k-means gives each layer its own."""

    def __init__(self) -> None:
        every_thread = _ExperimentalConfig(profile_all_threads=True)
        self._seen = profile(activities=[ProfilerActivity.CPU], experimental_config=every_thread)

    def start(self) -> None:
        self._seen.start()
        self._begun = time.perf_counter()

    def stop(self) -> None:
        self._wall = time.perf_counter() - self._begun
        self._seen.stop()

    def __str__(self) -> str:
        by_name = {event.key: event.self_cpu_time_total / 1e6 for event in self._seen.key_averages()}
        return _in_words(
            {**by_name, "outside torch": max(0.0, self._wall - sum(by_name.values()))}, "the time"
        )


def of_operations(work: Callable[[], object]) -> str:
    """The operations of torch that most of the time was spent in, and how much of it lay outside them all."""
    work()
    operations = Operations()
    operations.start()
    work()
    operations.stop()
    return str(operations)


def of_functions(work: Callable[[], object]) -> str:
    """The functions called from Python that most of the time was spent in."""
    seen = cProfile.Profile()
    seen.runcall(work)
    by_name: dict[str, float] = {}
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(seen).stats.items():  # type: ignore[attr-defined]
        short = name if file == "~" else f"{Path(file).stem}.{name}"
        by_name[short] = by_name.get(short, 0.0) + own
    return _in_words(by_name, "the time")


def of_imports(*program: str) -> str:
    """The packages that most of the time of a program's imports went to.

    Args:
        program: what Python is told to run: `-c` and code, or `-m` and a module with its arguments.
    """
    command = [sys.executable, "-X", "importtime", *program]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    by_name: dict[str, float] = {}
    for line in done.stderr.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if line.startswith("import time:") and own.strip().isdigit():
            package = rest.partition("|")[2].strip().partition(".")[0]
            by_name[package] = by_name.get(package, 0.0) + int(own) / 1e6
    return _in_words(by_name, "importing")


def _in_words(seconds: dict[str, float], whole: str) -> str:
    total = sum(seconds.values()) or 1.0
    longest = sorted(seconds.items(), key=lambda one: -one[1])[:_SHOWN]
    return f"of {whole}: " + ", ".join(f"{value / total:.0%} {name}" for name, value in longest)
