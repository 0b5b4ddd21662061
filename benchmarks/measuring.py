"""Clocks and statistics: every figure of the benchmarks is taken and summed up here, and nowhere else.

Machines drift by tens of percent within minutes, so contestants are timed in turn, round by round, and a
ratio is the median of the ratios within rounds, never the ratio of figures taken minutes apart.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Contestant = Callable[[], Any]


@dataclass(frozen=True)
class Measured:
    """The values of one quantity, one per round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)

    def over(self, other: Measured) -> Measured:
        """Round by round, how many times `other` this is."""
        return Measured(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))

    def times(self, factor: float) -> Measured:
        return Measured(tuple(value * factor for value in self.values))


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        part: the file that measured it.
        what: the quantity.
        who: `nucleate`, or the peer.
        unit: of the values, such as `s` or `MB`.
        measured: one value per round.
        times_ours: how many times our value of the same round this is, for peers.
        note: what a reader must know, such as that a figure was extrapolated.
        series: sizes with a value each, behind an exponent.
    """

    part: str
    what: str
    who: str
    unit: str
    measured: Measured
    times_ours: Measured | None = None
    note: str = ""
    series: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Reached:
    """What was measured for one line of the table of reach.

    Attributes:
        value: in the table's unit.
        fair: whether results were equal, so that the value counts.
        note: how equal, or how it was estimated.
        bound: what bounds it, from a profile of this very run.
    """

    value: float
    fair: bool = True
    note: str = ""
    bound: str = ""


@dataclass
class Findings:
    """What one part hands back: rows of the table, and values for the table of reach by their keys."""

    rows: list[Row] = field(default_factory=list)
    reached: dict[str, Reached] = field(default_factory=dict)

    def compare(
        self, part: str, what: str, unit: str, measured: Mapping[str, Measured], note: str = ""
    ) -> None:
        """Add a row per contestant, the first of which is ours."""
        ours = next(iter(measured.values()))
        for who, values in measured.items():
            times_ours = None if values is ours else values.over(ours)
            self.rows.append(Row(part, what, who, unit, values, times_ours, note if times_ours else ""))


def seconds_of(contestant: Contestant) -> float:
    begun = time.perf_counter()
    contestant()
    return time.perf_counter() - begun


def in_turn(
    contestants: Mapping[str, Contestant],
    *,
    rounds: int,
    warm_up: int = 1,
    take: Callable[[Contestant], float] = seconds_of,
) -> dict[str, Measured]:
    """Every contestant once per round, in the same order; the first `warm_up` rounds are thrown away.

    Args:
        contestants: by name.
        rounds: that count.
        warm_up: rounds that do not.
        take: what is taken of a contestant: its seconds, or a figure that it gives itself.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(warm_up + rounds):
        for name, contestant in contestants.items():
            value = take(contestant)
            if number >= warm_up:
                taken[name].append(value)
    return {name: Measured(tuple(values)) for name, values in taken.items()}


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The b of the power law a * size ** b that fits best, by least squares on logarithms.

    It is an average over the range: a fixed cost at small sizes makes it less than the law at large ones.
    """
    x, y = np.log(np.asarray(sizes, dtype=float)), np.log(np.asarray(values, dtype=float))
    x = x - x.mean()
    return float((x * y).sum() / (x * x).sum())


def last_exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The exponent between the two largest sizes alone, where fixed costs weigh least."""
    return exponent(sizes[-2:], values[-2:])
