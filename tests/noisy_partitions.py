"""Labels with clusters that agree with them as much as is asked for, and partitions of any kind."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

PARTITIONS = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(-3, 6), min_size=n, max_size=n).map(np.array)] * 2)
)


def noisy(rng: np.random.Generator, n_units: int, n_labels: int, kept: float, per_unit: int = 1):
    """Labels, clusters that keep a share of them and draw the rest anew, and units of equal examples."""
    labels = rng.integers(n_labels, size=n_units)
    clusters = np.where(rng.random(n_units) < kept, labels, rng.integers(n_labels, size=n_units))
    return tuple(np.repeat(values, per_unit) for values in (labels, clusters, np.arange(n_units)))
