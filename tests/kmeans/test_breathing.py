"""Breathing: what it finds that Lloyd's iterations cannot, and that it never makes anything worse."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from nucleate.kmeans import breathing, lloyd
from nucleate.kmeans.breathing import MANY_BREATHS, breathe
from nucleate.kmeans.kmeans import kmeans
from nucleate.kmeans.lloyd import iterate
from tests.kmeans.test_kmeans import planted
from tests.kmeans.test_lloyd import nearest, scaled


def rested(points, centers, **also):
    """Centers, labels and inertia of one member at rest from these centers, [start, cluster, d]."""
    centers, labels = centers.copy()[None], nearest(points, centers)[None]
    iterate(points[None], centers, labels, max_iter=300, tol=1e-4)
    if also:
        inertia = np.array(
            [[lloyd.squared_gaps(points, *each).sum() for each in zip(centers[0], labels[0], strict=False)]]
        )
        breathe(points[None], centers, labels, inertia, most=MANY_BREATHS, max_iter=300, tol=1e-4, **also)
    return (
        centers[0],
        labels[0],
        np.square(points - centers[0, np.arange(len(centers[0]))[:, None], labels[0]]),
    )


def test_a_center_between_two_clusters_and_two_in_one_are_put_right():
    """Lloyd's iterations stay there for ever."""
    points, labels = planted(1, distance=30.0, n_clusters=8)
    points = scaled(points)
    means = np.stack([points[labels == label].mean(axis=0) for label in range(8)])
    wrong = np.stack([*means[:5], points[labels == 0][0], points[labels == 0][1], means[5:].mean(axis=0)])[
        None
    ]
    stuck = rested(points, wrong)[1][0]
    found = rested(points, wrong, rng=np.random.default_rng(0))[1][0]
    assert adjusted_rand_score(labels, stuck) < 0.9
    assert adjusted_rand_score(labels, found) == 1.0


def test_no_start_ends_higher_than_it_began_and_labels_are_those_of_the_nearest_center():
    points, _ = planted(2, distance=2.0)
    points = scaled(points)
    rng = np.random.default_rng(3)
    starts = np.stack([points[rng.choice(len(points), 12, replace=False)] for _ in range(6)])
    before, after = rested(points, starts), rested(points, starts, rng=rng)
    assert (after[2].sum(axis=(1, 2)) <= before[2].sum(axis=(1, 2)) * (1 + 1e-6)).all()
    assert after[2].sum() < 0.99 * before[2].sum()
    assert np.array_equal(after[1], nearest(points, after[0]))


def test_one_start_that_breathes_is_worth_forty_of_scikit_learn():
    ratios = []
    for seed in range(8):
        points, _ = planted(seed, n_examples=400, n_clusters=20, distance=4.0)
        theirs = KMeans(20, n_init=40, random_state=seed).fit(points).inertia_
        ratios.append(kmeans(points[None], 20, n_init=1, seed=seed, breaths=99).inertia.min() / theirs)
    assert np.median(ratios) < 1.001


def test_what_is_missed_is_the_rise_without_each_center():
    rng = np.random.default_rng(0)
    points, centers = rng.standard_normal((50, 3)).astype(np.float32), rng.standard_normal((6, 3))
    squared = np.square(points[:, None] - centers).sum(axis=2)
    found = breathing._missed(points, centers.astype(np.float32), squared.argmin(axis=1))
    rises = [
        np.delete(squared, out, axis=1).min(axis=1).sum() - squared.min(axis=1).sum() for out in range(6)
    ]
    assert found == pytest.approx(rises, rel=1e-4)


def test_of_two_that_lie_together_only_one_goes():
    centers = np.array([[0.0, 0], [0.1, 0], [5, 0], [5, 3], [-6, 0]], dtype=np.float32)
    kept = breathing._least_missed(centers, np.array([1.0, 1.1, 7.0, 6.0, 20.0]), 2)
    assert kept.tolist() == [False, True, True, False, True]


def test_a_member_depends_neither_on_its_batch_nor_on_the_room_there_is(monkeypatch):
    batch = np.stack([planted(seed, distance=2.0)[0] for seed in range(3)])
    together = kmeans(batch, 12, n_init=2, seed=3, breaths=99)
    monkeypatch.setattr(lloyd, "BLOCK_BYTES", 4 * 2 * 20 * 7)
    alone = kmeans(batch[1:2], 12, n_init=2, seed=3, breaths=99)
    assert np.array_equal(together.labels[1], alone.labels[0])
    assert together.inertia[1] == pytest.approx(alone.inertia[0], rel=1e-5)


@pytest.mark.parametrize("n_clusters", [1, 2, 25, 30])
def test_few_clusters_or_hardly_fewer_than_points(n_clusters):
    points = planted(7, n_examples=30)[0][None]
    plain, breathing_ones = (
        kmeans(points, n_clusters, n_init=2, seed=0, breaths=breaths) for breaths in (0, 99)
    )
    assert breathing_ones.inertia.min() <= plain.inertia.min() * 1.02 + 1e-9


def test_constant_points_share_one_label():
    result = kmeans(np.full((1, 20, 3), 0.1), 5, seed=0, breaths=99)
    assert len(np.unique(result.best_labels)) == 1
