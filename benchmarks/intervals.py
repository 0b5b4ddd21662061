"""The interval of `nucleate.agreement`, against the loop that one would write over scikit-learn's index.

The two intervals differ by what ours does not count, pairs of an example with its own copy; the cost is
of as many replicates, layer by layer.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks import ours
from benchmarks.measuring import Findings, in_turn
from benchmarks.setup import Setup
from nucleate.kmeans.kmeans import KMeansResult, kmeans
from nucleate.metrics.agreement.rand_index import adjusted_rand_interval
from nucleate.resampling.bootstrap import Resamples


def measure(setup: Setup) -> Findings:
    findings = Findings()
    states = ours.study_of(setup).states(setup.sizes.n_points)
    n_clusters, n_init = setup.sizes.clusterings[0]
    found = kmeans(states.at("last_instruction"), n_clusters, n_init=n_init, seed=0)
    labels, replicates = states.labels["task"], setup.sizes.n_resamples
    contestants = {
        "nucleate": partial(our_intervals, labels, found, replicates),
        "scikit-learn in a loop": partial(looped_intervals, labels, found, replicates),
    }
    taken = in_turn(contestants, rounds=setup.sizes.rounds)
    what = f"{len(found.labels)} layers, {len(labels)} examples, {replicates} replicates"
    findings.compare("intervals", what, "s", taken)
    return findings


def our_intervals(labels: np.ndarray, found: KMeansResult, n: int) -> list[tuple[float, float]]:
    resamples = Resamples.draw(np.arange(len(labels)), n, seed=0)
    return [
        adjusted_rand_interval(labels, clusters, inertia, resamples, seed=0)
        for clusters, inertia in zip(found.labels, found.inertia, strict=True)
    ]


def looped_intervals(labels: np.ndarray, found: KMeansResult, n: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(0)
    draws = rng.integers(len(labels), size=(n, len(labels)))
    return [
        tuple(
            np.percentile([adjusted_rand_score(labels[rows], clusters[rows]) for rows in draws], (2.5, 97.5))
        )
        for clusters in found.best_labels
    ]
