"""Where figures can lie, so that no interval says that one might lie elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nucleate.lazy import Float

_ENDLESS = (-math.inf, math.inf)
_AROUND_ZERO = ("silhouette", "rank_correlation", "ari_across")
_SHARES = (
    *("matched", "purity", "knn_purity", "probe", "nearest_centroid"),
    *("accuracy", "first_token_accuracy", "auroc"),
)
_FROM_ZERO = (
    *("loss", "separation", "collapse", "relative_distance", "odds_ratio"),
    *("onset", "half_rise", "overshoot"),
)

RANGES = {
    **dict.fromkeys(("ari", "stability"), (-0.5, 1.0)),
    "ami": (-math.inf, 1.0),
    **dict.fromkeys(_AROUND_ZERO, (-1.0, 1.0)),
    **dict.fromkeys(_SHARES, (0.0, 1.0)),
    **dict.fromkeys(_FROM_ZERO, (0.0, math.inf)),
}
"""The least and the most of those that have one; of steps, the first is 0. The least Adjusted Rand Index
after Chacón and Rastrojo (2023), "Minimum adjusted Rand index for two clusterings of a given size"; across
groups it is a kappa."""


def within_range(metric: str, ends: tuple[float, float]) -> tuple[float, float]:
    """The ends of an interval, moved to where the metric can lie; NaN stays NaN."""
    least, most = RANGES.get(metric, _ENDLESS)
    low, high = (min(max(end, least), most) for end in ends)
    return low, high


def within_ranges(
    metrics: Sequence[str], low: Float[np.ndarray, " figure"], high: Float[np.ndarray, " figure"]
) -> tuple[Float[np.ndarray, " figure"], Float[np.ndarray, " figure"]]:
    """The ends of many intervals, each of a figure of its own: see `within_range`."""
    ranges = np.array([RANGES.get(metric, _ENDLESS) for metric in metrics]).reshape(-1, 2)
    return np.clip(low, *ranges.T), np.clip(high, *ranges.T)
