"""A sweep on this machine: worker processes that stay warm, with the threads shared out among them.

This module hides whether many runs of one thread or few of many get more done, which a short measurement
decides; and that a worker which is killed is replaced, and its point tried once more.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from nucleate.errors import ProcessError
from nucleate.processes import n_threads
from nucleate.run_folder.interrupts import hold_interrupts
from nucleate.sweep.executors.progress import SweepObserver
from nucleate.sweep.executors.tasks import Outcome, Task, tasks_of
from nucleate.sweep.grid import Point
from nucleate.sweep.sweep_file import SweepFile
from nucleate.sweep.sweep_folder import SweepFolder

ATTEMPTS = 2
"""Times that a point is begun before a worker's death counts as its failure."""
WORKER = (sys.executable, "-m", "nucleate.sweep.executors.worker")
_PATIENCE = 60.0
"""Seconds that a worker is given to save the step in hand when it is told to stop."""


def run_locally(
    folder: SweepFolder, points: Sequence[Point], file: SweepFile, observer: SweepObserver
) -> Iterator[Outcome]:
    """What becomes of every point, as it comes. The costly ones should come first.

    Raises:
        Interrupted: by Ctrl-C; every worker has saved what it had in hand.
    """
    asked, n_trainings = file.local, len({point.training for point in points})
    threads = asked.threads or folder.threads()
    cores = n_threads()
    n = asked.workers or max(1, cores // (threads or 1))
    with Workers(min(n, n_trainings), threads or max(1, cores // n), folder) as workers:
        if not threads:
            threads = _settle(workers, points[0], cores, observer)
            folder.settle_threads(threads)
        n = asked.workers or max(1, cores // threads)
        observer.on_workers(min(n, n_trainings), threads)
        yield from workers.run(tasks_of(points, folder.root, file.keep, threads), n)


def _settle(workers: Workers, point: Point, cores: int, observer: SweepObserver) -> int:
    """The threads of a point: those with which all workers together get the most done."""
    ways = splits(cores, len(workers.workers))
    if len(ways) == 1:
        return ways[0][1]
    observer.on_note(f"measuring how {cores} cores are best shared out")
    speeds = workers.measure(point.settings.model_dump(mode="json"), ways)
    said = ", ".join(f"{n} x {threads}: {speed:.3g}" for (n, threads), speed in speeds.items())
    observer.on_note(f"training steps per second, processes x threads: {said}")
    return max(speeds, key=lambda way: speeds[way])[1]


class Workers:
    """Worker processes, started at once so that they load their libraries side by side.

    Args:
        n: how many.
        threads: of each, to begin with.
        folder: of the sweep: what workers print lies in its working folder.
        command: what a worker is.
    """

    def __init__(self, n: int, threads: int, folder: SweepFolder, command: Sequence[str] = WORKER) -> None:
        folder.working.mkdir(parents=True, exist_ok=True)
        logs = [folder.working / f"worker-{i}.log" for i in range(n)]
        self.workers = [_Worker(command, log, threads) for log in logs]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self.workers:
            worker.stop()
            if kind is not None:  # one that still loads its libraries does not look at its input
                worker.process.terminate()
        with hold_interrupts():  # a signal comes again until it is heard, and would end the waiting
            for worker in self.workers:
                worker.wait()

    def measure(
        self, settings: Mapping[str, Any], ways: Sequence[tuple[int, int]]
    ) -> dict[tuple[int, int], float]:
        """Training steps per second of all together, for ways (workers, threads) to share out the threads."""
        speeds = {}
        for n, threads in ways:
            asked = {"measure": dict(settings), "threads": threads}
            with ThreadPoolExecutor(n) as pool:
                answers = pool.map(lambda worker, asked=asked: list(worker.ask(asked)), self.workers[:n])
                speeds[n, threads] = sum(one["steps_per_second"] for [one] in answers)
        return speeds

    def run(self, tasks: Sequence[Task], n: int) -> Iterator[Outcome]:
        """What becomes of every point, as it comes, with `n` of the workers."""
        left, outcomes = deque(tasks), queue.SimpleQueue[Outcome | None]()
        at_work = min(n, len(tasks))
        for worker in self.workers[:at_work]:
            threading.Thread(target=_work, args=(worker, left, outcomes), daemon=True).start()
        while at_work:
            outcome = outcomes.get()
            if outcome is None:
                at_work -= 1
            else:
                yield outcome


def splits(cores: int, most: int) -> list[tuple[int, int]]:
    """The ways to share out cores among workers of equally many threads: workers, and threads of each."""
    ways = [(cores // threads, threads) for threads in range(1, cores + 1) if cores % threads == 0]
    return [(n, threads) for n, threads in ways if n <= most]


def _work(worker: _Worker, left: deque[Task], outcomes: queue.SimpleQueue[Outcome | None]) -> None:
    while left and not worker.is_stopped:
        try:
            task = left.popleft()
        except IndexError:  # another worker was faster
            break
        _run_whatever_comes(worker, task, outcomes)
    outcomes.put(None)


def _run_whatever_comes(worker: _Worker, task: Task, outcomes: queue.SimpleQueue[Outcome | None]) -> None:
    """A task to its end, over the deaths of workers; a point that is begun too often has failed."""
    deaths: Counter[str] = Counter()
    in_hand = ""
    while True:
        points = tuple(point for point in task.points if deaths[point[0]] < ATTEMPTS)
        try:
            for answer in worker.ask(replace(task, points=points).to_json()):
                outcome = Outcome(**answer)
                in_hand = outcome.point if outcome.status == "begins" else ""
                outcomes.put(outcome)
            return
        except ProcessError as error:
            if worker.is_stopped:
                return
            worker.start_again()
            culprit = in_hand or points[0][0]
            deaths[culprit] += 1
            if deaths[culprit] >= ATTEMPTS:
                outcomes.put(Outcome(culprit, "failed", error=error.what))


class _Worker:
    """One process, and the two pipes to it."""

    def __init__(self, command: Sequence[str], log: Path, threads: int) -> None:
        self.command, self.log, self.threads, self.is_stopped = command, log, threads, False
        self._start()

    def start_again(self) -> None:
        """In the place of one that died."""
        self._close()
        self._start()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # what it was not yet told, it never will be
                pipe.close()

    def _start(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(self.threads), "TQDM_DISABLE": "1"}
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
                start_new_session=True,  # Ctrl-C is for us: we tell it
            )

    def ask(self, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What it answers, line by line.

        Raises:
            ProcessError: it died.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            for line in self.process.stdout:
                answer = json.loads(line)
                if "end" in answer:
                    return
                yield answer
        except BrokenPipeError:
            pass
        except ValueError:  # its pipe was closed meanwhile
            if not self.is_stopped:
                raise
        code = self.process.wait()
        raise ProcessError(
            f"its worker ended with code {code}{self._last_words()}",
            "Where memory ran short, run fewer at once: set local.workers.",
        )

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ", perhaps for want of memory"

    def stop(self) -> None:
        """Tell it to save the step in hand and end."""
        self.is_stopped = True
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def wait(self) -> None:
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close()
