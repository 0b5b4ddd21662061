"""Where figures can lie, so that no interval says that one might lie elsewhere."""

from __future__ import annotations

import math

_ENDLESS = (-math.inf, math.inf)
_SHARE = (0.0, 1.0)

RANGES = {
    "ari": (-0.5, 1.0),
    "ari_across": (-1.0, 1.0),
    "ami": (-math.inf, 1.0),
    "silhouette": (-1.0, 1.0),
    **dict.fromkeys(("matched", "purity", "knn_purity"), _SHARE),
}
"""The least and the most of those that have one. The least Adjusted Rand Index after Chacón and Rastrojo
(2023), "Minimum adjusted Rand index for two clusterings of a given size"; across groups it is a kappa."""


def within_range(metric: str, ends: tuple[float, float]) -> tuple[float, float]:
    """The ends of an interval, moved to where the metric can lie; NaN stays NaN."""
    least, most = RANGES.get(metric, _ENDLESS)
    low, high = (min(max(end, least), most) for end in ends)
    return low, high
