"""How often stated intervals hold the truth, over clusters planted in few and many dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.clustering.agreement import adjusted_rand_index, adjusted_rand_interval
from nucleate.clustering.kmeans import kmeans
from nucleate.clustering.resampling import Resamples

N_EXAMPLES, N_CLUSTERS, N_REFERENCE, N_DRAWS = 300, 6, 30, 5
DIMENSIONS = (2, 4, 8, 16, 32, 64, 128, 256)
SEPARATIONS = (0, 2, 4, 6, 12)
"""Root mean square distance between centers, in standard deviations of a cluster along one dimension."""


def figure(centers: np.ndarray, rng: np.random.Generator, seed: int) -> tuple[float, float, float]:
    """The index of one fresh sample and its interval."""
    labels = rng.integers(N_CLUSTERS, size=N_EXAMPLES)
    points = centers[labels] + rng.standard_normal((N_EXAMPLES, centers.shape[1]))
    found = kmeans(points[None], N_CLUSTERS, n_init=10, seed=seed)
    resamples = Resamples.draw(np.arange(N_EXAMPLES), 200, seed)
    interval = adjusted_rand_interval(labels, found.labels[0], found.inertia[0], resamples, seed=seed)
    return adjusted_rand_index(labels, found.best_labels[0]), *interval


@pytest.mark.slow
def test_the_mean_figure_of_other_samples_lies_within_the_interval_in_93_of_100_draws():
    """The truth is the mean index of fresh samples of the same make: what a repetition would expect."""
    covered = []
    for d in DIMENSIONS:
        for separation in SEPARATIONS:
            rng = np.random.default_rng([d, separation])
            centers = separation * rng.standard_normal((N_CLUSTERS, d)) / np.sqrt(2 * d)
            truth = np.mean([figure(centers, rng, seed)[0] for seed in range(N_REFERENCE)])
            draws = [figure(centers, rng, 1000 + seed) for seed in range(N_DRAWS)]
            covered += [low <= truth <= high for _, low, high in draws]
    assert len(covered) == 200
    print(f"covered in {np.mean(covered):.1%} of {len(covered)} draws")
    assert np.mean(covered) >= 0.93
