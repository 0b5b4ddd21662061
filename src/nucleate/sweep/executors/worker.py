"""A worker process of a local sweep: a task per line in, what came of it out.

This module hides that the libraries are loaded once for all of a worker's points, and that a worker never
outlives who started it: when its input ends, it saves the step in hand and is gone.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TextIO

from nucleate.errors import Interrupted
from nucleate.run_folder.interrupts import raise_on_signals
from nucleate.settings.presets import ExperimentSettings
from nucleate.sweep.executors.points import run_task, use_threads
from nucleate.sweep.executors.tasks import Task
from nucleate.sweep.measurement import seconds_per_step


def main() -> int:
    """Work until the input ends; returns the exit code."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    try:
        with raise_on_signals():
            for asked in _asked():
                for answer in _answers(asked):
                    _say(answers, answer)
                _say(answers, {"end": True})
    except Interrupted as interrupt:
        return 128 + interrupt.signal_number
    return 0


def _asked() -> Iterator[dict[str, Any]]:
    """What is asked, line by line; the end of the input ends what is in hand too."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    n_read = n_done = 0  # each has one writer; a flag set by one side and cleared by the other could be lost

    def read() -> None:
        nonlocal n_read
        for line in sys.stdin:
            n_read += 1
            lines.put(line)
        lines.put("")
        if n_done < n_read:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=read, daemon=True).start()
    while line := lines.get():
        yield json.loads(line)
        n_done += 1


def _answers(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "measure" in asked:
        settings = ExperimentSettings.from_mapping(asked["measure"], "a measurement")
        use_threads(asked["threads"])
        yield {"steps_per_second": 1 / seconds_per_step(settings)}
    else:
        yield from map(asdict, run_task(Task.from_json(asked)))


def _say(answers: TextIO, what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
