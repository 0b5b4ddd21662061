"""Ctrl-C and SIGTERM: nothing is ever left half written.

`quit_on_signals` is for the time before anything is begun: both signals end the program there and then.
`raise_on_signals` turns them into `Interrupted`; `hold_interrupts` puts that off while a renaming or an
optimizer step is in hand. Signal handlers belong to the main thread: elsewhere these two do nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from nucleate.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN = 3.0
"""Seconds until a signal comes again: in less, what is at work has put its folder in order."""


class PendingInterrupt:
    """What arrived while interrupts were held: `signal_number` is None where nothing did."""

    def __init__(self) -> None:
        self.signal_number: int | None = None

    def note(self, signal_number: int, _frame: FrameType | None) -> None:
        self.signal_number = signal_number


def quit_on_signals() -> None:
    """From now on Ctrl-C or SIGTERM ends the program at once: it has nothing to put in order yet."""

    def leave(signal_number: int, _frame: FrameType | None) -> None:
        os._exit(128 + signal_number)

    for number in _SIGNALS:
        signal.signal(number, leave)


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Within, Ctrl-C or SIGTERM raises `Interrupted`, and again every few seconds until it is heard here.

    It can be lost on its way: Python drops what is raised while an object is deleted.
    """

    def interrupt(signal_number: int, _frame: FrameType | None) -> None:
        _come_again(signal_number)
        raise Interrupted(signal_number)

    with _handled_by(interrupt):
        try:
            yield
        finally:
            _come_again(None)


@contextmanager
def hold_interrupts() -> Iterator[PendingInterrupt]:
    """Within, signals are noted and not acted on; at the end, `Interrupted` is raised for a noted one.

    Where interrupts are held already, the outer holder is told instead and nothing is raised here.
    """
    pending, outer = PendingInterrupt(), _holder()
    with _handled_by(pending.note):
        yield pending
    if pending.signal_number is None:
        return
    if outer is not None:
        outer.signal_number = pending.signal_number
    else:
        raise Interrupted(pending.signal_number)


def _come_again(signal_number: int | None) -> None:
    """Send this process the same signal again and again; None: no more."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return
    if signal_number is None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        return
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal_number))
    signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)


def _holder() -> PendingInterrupt | None:
    """Who holds interrupts now."""
    owner = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    return owner if isinstance(owner, PendingInterrupt) else None


@contextmanager
def _handled_by(handler: object) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, handler) for number in _SIGNALS}  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)
