"""Which comes first in training: lying with one's own task, or being answered right?

A curve has come half way where it first stands midway between where it began and the highest that it
reached; between two checkpoints it is taken to run straight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nucleate.lazy import Float, Int

LEAST_RISE = 0.1
"""A curve that rises by less has no half way."""


@dataclass
class Course:
    """Replicates of two curves over training, for one split and position."""

    steps: list[int] = field(default_factory=list)
    assigned: list[np.ndarray] = field(default_factory=list)
    answered: list[np.ndarray] = field(default_factory=list)


def half_way(
    steps: Int[np.ndarray, " step"], curves: Float[np.ndarray, "*figure step"]
) -> Float[np.ndarray, "*figure"]:
    """The step at which each curve has come half way; NaN where it rises by less than `LEAST_RISE`."""
    begin, top = curves[..., :1], curves.max(axis=-1, keepdims=True)
    level = (begin + top) / 2
    after = (curves >= level).argmax(axis=-1)[..., None]
    before = np.maximum(after - 1, 0)
    low, high = np.take_along_axis(curves, before, -1), np.take_along_axis(curves, after, -1)
    share = np.divide(level - low, high - low, out=np.zeros_like(low), where=high > low)
    crossing = steps[before] + share * (steps[after] - steps[before])
    return np.where(top - begin >= LEAST_RISE, crossing, np.nan)[..., 0]


def lag(
    steps: Int[np.ndarray, " step"],
    assigned: Float[np.ndarray, "step site replicate"],
    answered: Float[np.ndarray, "step replicate"],
) -> Float[np.ndarray, "site replicate"]:
    """Where assignment is half way less where answers are; above 0 where assignment comes later.

    The sign is that of `lag` in `emergence.parquet`: a figure less accuracy.
    """
    return half_way(steps, np.moveaxis(assigned, 0, -1)) - half_way(steps, np.moveaxis(answered, 0, -1))
