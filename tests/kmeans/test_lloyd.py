"""Lloyd's iterations: where they end, and that what they leave out would have changed nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from nucleate.kmeans import lloyd
from nucleate.kmeans.lloyd import iterate, squared_gaps


def scaled(points):
    points = points - points.mean(axis=0)
    return (points / points.std()).astype(np.float32)


def nearest(points, centers):
    """[start, example], by differences."""
    return np.square(points[:, None] - centers[:, None]).sum(axis=3).argmin(axis=2)


def run(points, centers, **limits):
    """Centers and labels after iterating one block of points from these centers, [start, cluster, d]."""
    centers, labels = centers.copy()[None], nearest(points, centers)[None]
    iterate(points[None], centers, labels, **({"max_iter": 300, "tol": 1e-4} | limits))
    return centers[0], labels[0]


@pytest.fixture
def points():
    rng = np.random.default_rng(3)
    return scaled(rng.standard_normal((6, 10))[np.arange(240) % 6] + rng.standard_normal((240, 10)))


@pytest.fixture
def starts(points):
    """Five starts of twelve centers that lie on points."""
    rng = np.random.default_rng(4)
    return np.stack([points[rng.choice(len(points), 12, replace=False)] for _ in range(5)])


def test_every_start_ends_where_that_of_scikit_learn_ends(points, starts):
    centers, labels = run(points, starts)
    for first, own, found in zip(starts, centers, labels, strict=True):
        theirs = KMeans(12, init=first, n_init=1).fit(points)
        assert np.array_equal(found, theirs.labels_)
        assert own == pytest.approx(theirs.cluster_centers_, abs=1e-5)
        assert squared_gaps(points, own, found).sum() == pytest.approx(theirs.inertia_, rel=1e-5)


def test_distances_that_were_kept_are_those_that_would_be_taken_again(points, starts, monkeypatch):
    n_iterations = {}
    for kept in (0, lloyd.KEPT_BYTES):
        monkeypatch.setattr(lloyd, "KEPT_BYTES", kept)
        n_iterations[kept] = [run(points, starts, max_iter=n) for n in range(1, 12)]
    for (centers, labels), (plain_centers, plain_labels) in zip(*n_iterations.values(), strict=True):
        assert np.array_equal(labels, plain_labels)
        assert centers == pytest.approx(plain_centers, abs=1e-6)


def test_means_are_those_of_rows_added_one_after_the_other(points):
    labels = np.arange(len(points))[None] % 7
    bags, sizes = labels, np.bincount(labels.ravel())
    found = lloyd._means(points[None], np.zeros(1, dtype=int), bags, np.ones(7, dtype=bool), sizes)
    for label, own in enumerate(found):
        total = np.zeros(points.shape[1], dtype=np.float32)
        for point in points[labels[0] == label]:
            total += point
        assert np.array_equal(own, total / np.float32(sizes[label]))


def test_one_start_does_not_depend_on_the_others(points, starts):
    together = run(points, starts)
    alone = [run(points, start[None]) for start in starts]
    assert np.array_equal(together[1], np.concatenate([labels for _, labels in alone]))
    assert together[0] == pytest.approx(np.concatenate([centers for centers, _ in alone]), abs=1e-6)


@pytest.mark.parametrize("max_iter", [0, 1, 2, 300])
def test_labels_are_those_of_the_nearest_center_however_early_it_ends(points, starts, max_iter):
    centers, labels = run(points, starts, max_iter=max_iter)
    assert np.array_equal(labels, nearest(points, centers))


def test_an_empty_cluster_takes_a_far_off_point_as_in_scikit_learn():
    rng = np.random.default_rng(0)
    points = scaled(np.concatenate([rng.normal(-5, 1, (50, 2)), rng.normal(5, 1, (50, 2)), [[40.0, -40.0]]]))
    first = np.array([[-1.0, -1.0], [1.0, 1.0], [90.0, 90.0]], dtype=np.float32)
    centers, labels = run(points, first[None])
    theirs = KMeans(3, init=first, n_init=1).fit(points)
    assert np.array_equal(labels[0], theirs.labels_)
    assert centers[0] == pytest.approx(theirs.cluster_centers_, abs=1e-5)


def test_a_cluster_that_gave_a_point_away_stands_at_the_mean_of_the_others():
    points = np.array([[0.0], [1.0], [2.0], [9.0]], dtype=np.float32)
    centers = np.array([[[3.0], [50.0]]], dtype=np.float32)
    after, labels = run(points, centers, max_iter=1)
    assert after[0].ravel().tolist() == [1.0, 9.0]
    assert labels[0].tolist() == [0, 0, 0, 1]


def test_a_start_that_moves_no_further_than_the_tolerance_rests(points, starts):
    centers, _ = run(points, starts, tol=1e9)
    expected, _ = run(points, starts, max_iter=1)
    assert np.array_equal(centers, expected)
