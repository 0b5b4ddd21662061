"""Who watches a sweep, and how far it is: done, running, failed, and the time that is left.

This module hides how the time left is told. It is what points took so far, shared among those that run at
once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from nucleate.sweep.executors.tasks import Outcome
from nucleate.sweep.grid import Point


@dataclass
class Tally:
    """How far a sweep is.

    Attributes:
        n_points: of the whole sweep.
        before: how many of them were done when it began.
        done, failed, running: names of points, since it began.
        elsewhere: those of the done ones that another process did; they took no time here.
        clock, begun: seconds, now and when the first point began.
    """

    n_points: int
    before: int
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    clock: Callable[[], float] = time.monotonic
    begun: float | None = None

    def count(self, outcome: Outcome) -> None:
        """Take in what became of a point."""
        name = outcome.point
        if outcome.status == "done" and name not in (self.running | self.done | set(self.failed)):
            self.elsewhere.add(name)
        elif self.begun is None:  # workers load their libraries first, and that is done once
            self.begun = self.clock()
        self.running.discard(name)
        if outcome.status == "begins":
            self.running.add(name)
        elif outcome.status == "failed":
            self.failed[name] = outcome.error
        else:
            self.done.add(name)
            self.failed.pop(name, None)

    @property
    def n_done(self) -> int:
        """Points that are done, before or now."""
        return self.before + len(self.done)

    @property
    def left(self) -> int:
        return self.n_points - self.before - len(self.done) - len(self.failed)

    @property
    def seconds_left(self) -> float | None:
        """None before the first point ends here; what other processes do meanwhile is not reckoned with."""
        ended = len(self.done - self.elsewhere) + len(self.failed)
        return None if self.begun is None or not ended else (self.clock() - self.begun) / ended * self.left


class SweepObserver(Protocol):
    """Who watches a sweep."""

    def on_note(self, note: str) -> None:
        """One line about what is done now."""

    def on_workers(self, n: int, threads: int) -> None:
        """So many points run at once, with so many threads each."""

    def on_outcome(self, point: Point, outcome: Outcome, tally: Tally) -> None:
        """A point begins, is done, or has failed."""


class SilentSweep:
    """Nobody watches."""

    def on_note(self, note: str) -> None: ...

    def on_workers(self, n: int, threads: int) -> None: ...

    def on_outcome(self, point: Point, outcome: Outcome, tally: Tally) -> None: ...
