"""Where labels lie in many subsets at once: as in each on its own."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.metrics.label_geometry import neighbor_purities, silhouettes, squared_distances, too_near
from nucleate.metrics.subset_places import SubsetPlaces
from tests.metrics.test_label_geometry import planted

RNG = np.random.default_rng(1)
UNITS, COUNTS = RNG.integers(60, size=120), RNG.integers(3, size=(120, 6))
SUBSETS = [np.arange(120), *(np.flatnonzero(RNG.random(120) < 0.5) for _ in range(3)), np.arange(3)]


@pytest.mark.parametrize("digits", [9, 0], ids=["apart", "with ties"])
def test_silhouettes_and_neighbors_are_those_of_each_subset_on_its_own(digits):
    points, labels = planted(1.0)
    points = points.round(digits)
    factors = {"task": labels, "one": np.zeros(120, dtype=np.int64), "unit": UNITS}
    places = SubsetPlaces(factors, SUBSETS, too_near(np.arange(120), UNITS, COUNTS, 3))
    squared = squared_distances(points)
    found = zip(SUBSETS, places.silhouettes(squared), places.purities(squared, ["task"]), strict=True)
    for rows, values, shares in found:
        own = {factor: each[rows] for factor, each in factors.items()}
        assert values == pytest.approx(silhouettes(points[rows], own), abs=1e-6, nan_ok=True)
        plain = neighbor_purities(points[rows], {"task": own["task"]}, UNITS[rows], COUNTS[rows], 3)["task"]
        if digits:  # of neighbors that are as near as each other any may be counted
            assert np.array_equal(shares["task"], plain, equal_nan=True)
        assert np.array_equal(np.isnan(shares["task"]), np.isnan(plain))
