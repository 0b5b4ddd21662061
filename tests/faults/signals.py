"""Ctrl-C and SIGTERM in the stages of a real run, at the size that people have, with processes at work."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from nucleate.run_folder.folder import RunFolder
from tests.faults.outcome import Outcome

MOST_SECONDS = 5.0
_VERBS = {
    "report": ("figures",),
    "score": ("scoring", "figures"),
    "unseen": ("unseen",),
    "intervene": ("intervene",),
}
_KINDS = (("SIGTERM", False), ("SIGINT", True))
"""The signal, and whether all processes of the group get it, as by a terminal."""


def signals_are_heard(whole: Path, folder: Path, threads: Sequence[int] = (1, 2)) -> Outcome:
    """Every stage that a finished run can be asked for again, stopped somewhere within it.

    Args:
        whole: a finished run of `quick`, or of another size.
        folder: where copies of it are worked on.
        threads: with how many each is tried.
    """
    outcome, drawn = Outcome(), random.Random(1)
    for verb, stages in _VERBS.items():
        for stage in stages:
            for n_threads in threads:
                for name, is_group in _KINDS:
                    shutil.rmtree(folder, ignore_errors=True)
                    shutil.copytree(whole, folder)
                    wrong, took = _stop(verb, stage, folder, n_threads, name, is_group, drawn.uniform(0, 8))
                    key = "slowest (ms)"
                    outcome.count(f"{stage}", f"{name} in {stage}, {n_threads} threads", wrong)
                    outcome.tried[key] = max(outcome.tried.get(key, 0), round(1000 * took))
    return outcome


def _stop(
    verb: str, stage: str, folder: Path, n_threads: int, name: str, is_group: bool, after: float
) -> tuple[list[str], float]:
    more = ["--set", "scoring.n_init=3"] if verb == "score" else []
    more += [] if verb in ("report", "score") else ["--set", f"{verb}.n_resamples=150"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "nucleate", verb, str(folder), *more],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"OMP_NUM_THREADS": str(n_threads)},
            start_new_session=True,
        )
        while process.poll() is None and not _is_at(stage, folder, output):
            time.sleep(0.05)
        time.sleep(after)
        number, ended_before = getattr(signal, name), process.poll() is not None
        begun = time.monotonic()
        if not ended_before:
            os.killpg(process.pid, number) if is_group else process.send_signal(number)
        process.wait(120)
        took = time.monotonic() - begun
        said = _read(output)
    time.sleep(1.5)
    wrong = [f"had ended before: {said[-200:]}"] if ended_before else []
    wrong += [f"ended with {process.returncode}"] if process.returncode not in (0, 128 + number) else []
    wrong += ["a traceback"] if "Traceback" in said else []
    wrong += [f"took {took:.1f} s"] if took > MOST_SECONDS else []
    wrong += [f"left {file.name}" for file in folder.rglob(".writing-*")]
    wrong += [f"left process {one}" for one in _of_session(process.pid)]
    wrong += RunFolder.open(folder).problems()
    return wrong, took


def _is_at(stage: str, folder: Path, output: IO[str]) -> bool:
    begun = f"{stage} begins" in _read(output)
    return (folder / ".writing-figures").exists() if stage == "figures" else begun


def _read(output: IO[str]) -> str:
    output.seek(0)
    return output.read()


def _of_session(session: int) -> list[int]:
    """Processes that are alive in a session, this one's own helpers for shared memory left out."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
            command = status.with_name("cmdline").read_text()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z" and "resource_tracker" not in command:
            found.append(int(status.parent.name))
    return found
