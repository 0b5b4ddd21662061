"""Every method finds planted clusters, and is scikit-learn's where that has it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from nucleate.scoring.methods import METHODS, agreement_at_a_glance, assign, by_kmeans
from tests.noisy_partitions import tasks_of_shared_inputs


def planted(n_clusters: int, distance: float = 20.0, n_examples: int = 150, seed: int = 0):
    rng = np.random.default_rng(7)
    centers = distance * rng.standard_normal((2, n_clusters, 6))
    labels = np.arange(n_examples) % n_clusters
    noise = np.random.default_rng(seed).standard_normal((2, n_examples, 6))
    return centers[:, labels] + noise, labels


@pytest.mark.parametrize("name", list(METHODS))
def test_planted_clusters_are_found(name):
    points, labels = planted(5)
    found = METHODS[name](points, 5, n_init=4, seed=0)
    assert found.n_clusters == (5, 5)
    for site in range(2):
        best = found.labels[site, found.inertia[site].argmin()]
        assert adjusted_rand_score(labels, best) > 0.95
    again = METHODS[name](points, 5, n_init=4, seed=0)
    assert np.array_equal(found.labels, again.labels)


def test_ward_is_that_of_scikit_learn():
    points, _ = planted(4, distance=1.0)
    found = METHODS["ward"](points, 4, n_init=1, seed=0)
    for site in range(2):
        theirs = AgglomerativeClustering(4).fit_predict(points[site])
        assert adjusted_rand_score(theirs, found.labels[site, 0]) == 1.0


def test_hdbscan_leaves_noise_alone():
    points, _ = planted(3)
    points[:, :4] = 1e3 * np.arange(1, 5)[:, None]
    found = METHODS["hdbscan"](points, 3, n_init=1, seed=0)
    assert found.n_clusters == (3, 3)
    assert all(np.count_nonzero(found.labels[0, 0] == found.labels[0, 0, i]) == 1 for i in range(4))


def test_other_points_go_to_the_nearest_center():
    points, _ = planted(5)
    fitted = by_kmeans(points, 5, n_init=3, seed=0)
    assert np.array_equal(assign(points, fitted).labels, fitted.labels)
    others, their_labels = planted(5, seed=1)
    placed = assign(others, fitted).labels[0, fitted.inertia[0].argmin()]
    assert adjusted_rand_score(their_labels, placed) == 1.0


def test_at_a_glance_agreement_of_tasks_that_are_apart_is_whole_though_plain_starts_would_miss_it():
    parted, task = tasks_of_shared_inputs(seed=4, spread=1.6)
    plain = by_kmeans(parted[None], 20, n_init=3, seed=0)
    assert adjusted_rand_score(task, plain.labels[0, plain.inertia[0].argmin()]) < 0.98
    noise = np.random.default_rng(1).normal(size=parted.shape).astype(np.float32)
    of_parted, of_noise = agreement_at_a_glance(np.stack([parted, noise]), task, 3)
    assert of_parted == 1.0 and abs(of_noise) < 0.1
