"""What is measured in one cell, and how cells become rows with intervals.

A cell is one thing done at one place. This module hides which metrics are shares, whose intervals stay open
where not one instance, or every one, was counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nucleate.capture.hidden_states import layer_of
from nucleate.intervene.outcomes.effects import Effect
from nucleate.lazy import Float, Int
from nucleate.resampling.intervals import Draws, exact_ends
from nucleate.scores import RunTag

ANSWER_METRICS = ("becomes_b", "stays_a", "other", "delta_logprob_a", "delta_logprob_b", "kl", "acted")
"""Shares of answers that are f_B(x), f_A(x) or neither; changes in log-probability and Kullback-Leibler
divergence from the untouched answer, in nats; and the share of instances of which any logit moved."""

NEXT_METRICS = ("next_mass_b", "next_mass_a", "next_kl")
"""Of the prediction behind the last instruction token, where that is edited: the probability of inputs that B
has and A has not, and the other way round, NaN where there are none; the divergence from what it was."""

METRICS = (*ANSWER_METRICS, *NEXT_METRICS)

SHARES = ("becomes_b", "stays_a", "other", "acted", "right")
"""Metrics that are 0 or 1 for an instance."""


class Cell(NamedTuple):
    """What was done, and where."""

    site: str
    position: str
    intervention: str
    control: str
    strength: float


Values = dict[Cell, Float[np.ndarray, "metric example"]]


def summarize(
    values: Values,
    metrics: tuple[str, ...],
    units: Int[np.ndarray, " example"],
    *,
    n_resamples: int,
    tag: RunTag,
    step: int,
    split: str,
) -> Iterator[Effect]:
    """Means with 95 % intervals over resampled instructions; values that are NaN are left out."""
    if not values:
        return
    stacked = np.stack(list(values.values()))
    draws = Draws(units, n_resamples, tag.seed)
    low, high = draws.mean_interval(stacked)
    there = ~np.isnan(stacked)
    counts, n_units = there.sum(-1), draws.count_units(there)
    for i, cell in enumerate(values):
        for j, metric in enumerate(metrics):
            if counts[i, j]:
                value, ends = float(np.nanmean(stacked[i, j])), (float(low[i, j]), float(high[i, j]))
                if metric in SHARES:
                    ends = exact_ends(value, ends, int(n_units[i, j]))
                yield Effect(
                    **tag.columns,
                    step=step,
                    split=split,
                    layer=layer_of(cell.site),
                    metric=metric,
                    n_examples=int(counts[i, j]),
                    value=value,
                    ci_low=_null_if_nan(ends[0]),
                    ci_high=_null_if_nan(ends[1]),
                    **cell._asdict(),
                )


def _null_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else value
