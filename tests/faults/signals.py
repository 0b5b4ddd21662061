"""Ctrl-C and SIGTERM in the stages of a real run, at the size that people have, with processes at work."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from nucleate.run_folder.folder import RunFolder
from tests.faults.outcome import Outcome
from tests.faults.strangers_models import small_gpt2_with_tokens

MOST_SECONDS = 5.0
_VERBS = {
    "report": ("figures",),
    "score": ("scoring", "figures"),
    "unseen": ("unseen",),
    "intervene": ("intervene",),
}
_KINDS = (("SIGTERM", False), ("SIGINT", True))
"""The signal, and whether all processes of the group get it, as by a terminal."""


@dataclass(frozen=True)
class _Command:
    """A command that is to be stopped.

    Attributes:
        stage: in which.
        arguments: of the program.
        folder: that it works on.
        is_there: whether it is at that stage by now, from what it has said and its process.
    """

    stage: str
    arguments: Sequence[str]
    folder: Path
    is_there: Callable[[str, int], bool]


def signals_are_heard(whole: Path, folder: Path, threads: Sequence[int] = (1, 2)) -> Outcome:
    """Every stage that a finished run can be asked for again, a capture and a sweep, stopped somewhere within.

    Args:
        whole: a finished run of `quick`, or of another size.
        folder: where copies of it are worked on.
        threads: with how many each is tried.
    """
    outcome, drawn = Outcome(), random.Random(1)
    commands = [*_again(folder), _capture(folder), _sweep(folder)]
    for command, n_threads, (name, is_group) in itertools.product(commands, threads, _KINDS):
        shutil.rmtree(folder, ignore_errors=True)
        if command.arguments[0] not in ("analyze", "sweep"):
            shutil.copytree(whole, folder)
        wrong, took = _stop(command, n_threads, name, is_group, drawn.uniform(0, 8))
        outcome.count(command.stage, f"{name} in {command.stage}, {n_threads} threads", wrong)
        key = "slowest (ms)"
        outcome.tried[key] = max(outcome.tried.get(key, 0), round(1000 * took))
    return outcome


def _again(folder: Path) -> Iterator[_Command]:
    for verb, stages in _VERBS.items():
        more = ["--set", "scoring.n_init=3"] if verb == "score" else []
        more += [] if verb in ("report", "score") else ["--set", f"{verb}.n_resamples=150"]
        for stage in stages:
            yield _Command(stage, (verb, str(folder), *more), folder, partial(_is_at, stage, folder))


def _capture(folder: Path) -> _Command:
    """States of a stranger's model on thousands of prompts."""
    place = folder.with_name("given")
    shutil.rmtree(place, ignore_errors=True)
    small_gpt2_with_tokens(place / "model")
    rows = [{"prompt": f"{i % 7} and {i} is " * 2, "task": f"task {i % 7}"} for i in range(20_000)]
    (place / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = ("analyze", str(place / "model"), "--prompts", str(place / "prompts.jsonl"), "--out", str(folder))
    return _Command("capture", given, folder, partial(_is_at, "capture", folder))


def _sweep(folder: Path) -> _Command:
    """Points in processes of their own."""
    file = folder.with_name("stopped.toml")
    file.write_text('base = "smoke"\nseeds = [1, 2]\n[axes]\n"scoring.n_init" = [2, 3]\n')
    given = ("sweep", str(file), "--out", str(folder))
    return _Command("sweep", given, folder, lambda _said, process: len(_beside(process)) > 1)


def _stop(
    command: _Command, n_threads: int, name: str, is_group: bool, after: float
) -> tuple[list[str], float]:
    folder = command.folder
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "nucleate", *command.arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"OMP_NUM_THREADS": str(n_threads)},
            start_new_session=True,
        )
        while process.poll() is None and not command.is_there(_read(output), process.pid):
            time.sleep(0.05)
        time.sleep(after)
        workers = _beside(process.pid)
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
    alive = _beside(process.pid) | {one for one in workers if _is_alive(one)}
    wrong += [f"left process {one}" for one in sorted(alive - {process.pid})]
    if command.stage == "sweep":
        return [*wrong, *_points_lost(folder)], took
    wrong += [f"left {file.name}" for file in folder.rglob(".writing-*")]
    wrong += RunFolder.open(folder).problems()
    return wrong, took


def _points_lost(folder: Path) -> list[str]:
    """What was told as done is there, and whole."""
    log = folder / "log.jsonl"
    done = [json.loads(line)["point"] for line in log.read_text().splitlines()] if log.exists() else []
    return [f"{name} is lost" for name in done if not (folder / "points" / name / "scores.parquet").exists()]


def _is_at(stage: str, folder: Path, said: str, _session: int) -> bool:
    return (folder / ".writing-figures").exists() if stage == "figures" else f"{stage} begins" in said


def _read(output: IO[str]) -> str:
    output.seek(0)
    return output.read()


def _beside(process: int) -> set[int]:
    """A process, its children and all of its session that are alive; helpers for shared memory left out."""
    return {
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if process in (int(folder.name), *_parent_and_session(folder)) and _is_alive(int(folder.name))
    }


def _parent_and_session(folder: Path) -> tuple[int, ...]:
    try:
        fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ()
    return int(fields[1]), int(fields[3])


def _is_alive(process: int) -> bool:
    folder = Path("/proc") / str(process)
    try:
        state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z" and "resource_tracker" not in (folder / "cmdline").read_text()
    except OSError:
        return False
