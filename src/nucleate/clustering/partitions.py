"""The figures of one clustering against one factor, with intervals where there are some.

Hidden here: which figures rest on every start and which on the best one alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from nucleate.clustering.agreement import (
    adjusted_mutual_information,
    adjusted_rand_index,
    adjusted_rand_interval,
    matched_share,
    purity,
    stability,
)
from nucleate.clustering.resampling import Resamples

OF_BEST_START: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "ami": adjusted_mutual_information,
    "matched": matched_share,
    "purity": purity,
}


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval, None where there is none."""

    metric: str
    value: float
    ci_low: float | None = None
    ci_high: float | None = None

    @classmethod
    def with_interval(cls, metric: str, value: float, interval: tuple[float, float]) -> Figure:
        low, high = (None if math.isnan(end) else end for end in interval)
        return cls(metric, value, low, high)


def partition_figures(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, "start example"],
    inertia: Float[np.ndarray, " start"],
    resamples: Resamples,
    metrics: Sequence[str],
    seed: int,
) -> Iterator[Figure]:
    """The metrics that compare labels with clusters, of one site."""
    best = clusters[inertia.argmin()]
    if "ari" in metrics:
        interval = adjusted_rand_interval(labels, clusters, inertia, resamples, seed=seed)
        yield Figure.with_interval("ari", adjusted_rand_index(labels, best), interval)
    for metric, measure in OF_BEST_START.items():
        if metric in metrics:
            yield Figure(metric, measure(labels, best))
    if "stability" in metrics and len(clusters) > 1:
        yield Figure("stability", stability(clusters))
