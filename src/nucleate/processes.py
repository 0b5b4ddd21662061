"""Independent pieces of work, side by side in processes of their own.

Scoring and drawing are made of small operations, which threads do not share well: two processes of one
thread each get through twice as much. This module hides that the processes come from joblib's loky, which
starts them without running a user's script again and keeps them for the next pieces; how many threads each
of them has, and how many are left for this one; that a process that is killed ends in an error that says
so; and that Ctrl-C, which a terminal sends to all of them, is this process's affair: the others end when it
ends them, or when it is no more.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Protocol, TypeVar

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend import resource_tracker
from joblib.externals.loky.process_executor import BrokenProcessPool
from threadpoolctl import threadpool_limits

from nucleate.errors import ProcessError

MOST = 8
"""Processes at most: each of them holds the libraries, and one piece of work, in memory."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOOK_EVERY = 0.5
"""Seconds between looks at whether the parent is still there."""
_IDLE_SECONDS = 300
"""A process that has nothing to do for so long ends."""
_THREADS_OF = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA", "NUMEXPR")
"""Libraries that read from `..._NUM_THREADS` how many threads they may have."""

Result = TypeVar("Result")


class Workplace(Protocol):
    """Where independent pieces of work are done: on this machine, or on a cluster.

    Attributes:
        is_cluster: pieces may be done on other machines: they are pickled, and find files by their paths.
    """

    @property
    def is_cluster(self) -> bool: ...

    def one_by_one(self, pieces: Iterable[Callable[[], Result]]) -> Iterator[tuple[int, Result]]:
        """Which piece, and what it returns, as they come: pieces that take a machine each."""

    def side_by_side(
        self, pieces: Iterable[Callable[[], Result]], n_pieces: int, *, are_small: bool = False
    ) -> Iterator[Result]:
        """What each piece returns, in their order: pieces that take a thread each.

        They may be made as they are asked for, here, while those before them are at work.
        """


class ThisMachine:
    """A `Workplace`: in this process one after another, or side by side in processes of their own."""

    is_cluster = False

    def one_by_one(self, pieces: Iterable[Callable[[], Result]]) -> Iterator[tuple[int, Result]]:
        for index, piece in enumerate(pieces):
            yield index, piece()

    def side_by_side(
        self, pieces: Iterable[Callable[[], Result]], n_pieces: int, *, are_small: bool = False
    ) -> Iterator[Result]:
        return side_by_side(pieces, n_pieces, are_small=are_small)


THIS_MACHINE = ThisMachine()


def side_by_side(
    pieces: Iterable[Callable[[], Result]], n_pieces: int, *, are_small: bool = False
) -> Iterator[Result]:
    """What each piece returns, in their order; the first begin first.

    There are as many processes as threads that this one may have, up to `MOST`, and they share these threads
    out among them. Where there is a single piece or a single thread, all happens in this process.

    Args:
        pieces: callables that can be pickled; each is called once. Where making them takes time, the first
            are at work meanwhile: what makes them has the threads that are left, and one at least.
        n_pieces: how many there will be.
        are_small: all together take less time than a process takes to start: all happens in this one too.

    Raises:
        ProcessError: a process was killed.
    """
    threads = n_threads()
    n_processes = min(threads, n_pieces, MOST)
    if n_processes < 2 or are_small:
        yield from (piece() for piece in pieces)
        return
    try:
        with (
            _processes(n_processes, threads // n_processes) as executor,
            threadpool_limits(max(1, threads - n_processes)),
        ):
            yield from _in_order(executor, pieces)
    except BrokenProcessPool as error:
        raise ProcessError(
            f"one of {n_processes} processes at work was killed, perhaps for want of memory",
            "Make room, or work in a single process: set OMP_NUM_THREADS=1.",
        ) from error


def _in_order(executor: Executor, pieces: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """What is done is given while later pieces are still made."""
    begun: deque[Future[Result]] = deque()
    for piece in pieces:
        with _signals_kept_from_children():
            begun.append(executor.submit(piece))
        while begun and begun[0].done():
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


@contextmanager
def _processes(n: int, threads: int) -> Iterator[Executor]:
    """So many, of so many threads each; where the work does not come to its end, they end with it."""
    _start_quiet_tracker()
    executor: Executor = get_reusable_executor(
        max_workers=n,
        timeout=_IDLE_SECONDS,
        initializer=depend_on,
        initargs=(os.getpid(),),
        env={f"{library}_NUM_THREADS": str(threads) for library in _THREADS_OF},
    )
    try:
        yield executor
    except BaseException:
        executor.shutdown(kill_workers=True)  # type: ignore[call-arg]
        raise


def _start_quiet_tracker() -> None:
    """Whoever tidies up behind this process where a signal ended it at once; it is not to complain of it."""
    before = os.environ.get("PYTHONWARNINGS", "")
    os.environ["PYTHONWARNINGS"] = f"{before},ignore:resource_tracker:UserWarning".removeprefix(",")
    try:
        resource_tracker.ensure_running()
    finally:
        os.environ["PYTHONWARNINGS"] = before


def n_threads() -> int:
    """How many threads this process may have: what OMP_NUM_THREADS says, or one per processor."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else joblib.cpu_count()


def depend_on(parent: int) -> None:
    """In a process at work for `parent`: leave signals to it, and end when it has ended, however it did."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(1)


@contextmanager
def _signals_kept_from_children() -> Iterator[None]:
    """A process that is started within is deaf until it has loaded enough to leave signals to this one."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
