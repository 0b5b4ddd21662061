"""t-SNE pictures: planted clusters part in them, they repeat, and they stay where they were."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.kmeans.kmeans import kmeans
from nucleate.metrics.agreement.rand_index import adjusted_rand_index
from nucleate.pictures import tsne
from nucleate.pictures.tsne import embed


def planted(seed: int = 0, n_examples: int = 90):
    centers = 20 * np.random.default_rng(9).standard_normal((3, 6))
    labels = np.arange(n_examples) % 3
    noise = np.random.default_rng(seed).standard_normal((n_examples, 6))
    return (centers[labels] + noise).astype(np.float32), labels


def test_planted_clusters_part_and_other_points_join_them():
    points, labels = planted()
    found = embed(points, None, seed=0)
    clusters = kmeans(found.picture[None], 3, seed=0)
    assert adjusted_rand_index(labels, clusters.best_labels[0]) == 1.0
    centers = np.stack([found.picture[labels == label].mean(axis=0) for label in range(3)])
    others, theirs = planted(seed=1, n_examples=30)
    nearest = np.square(found.place(others)[:, None] - centers).sum(axis=2).argmin(axis=1)
    assert np.array_equal(nearest, theirs)


def test_pictures_repeat_and_begin_where_the_last_one_was():
    points, _ = planted()
    first, again = embed(points, None, seed=0), embed(points, None, seed=0)
    assert np.array_equal(first.picture, again.picture)
    turned = first.picture @ np.array([[0.0, -1.0], [1.0, 0.0]])
    follows = embed(points, turned, seed=0).picture
    closeness = [np.corrcoef(follows.ravel(), each.ravel())[0, 1] for each in (turned, first.picture)]
    assert closeness[0] > 0.9 > closeness[1]


@pytest.mark.parametrize("all_pairs", [10, 1000])
def test_many_points_are_left_to_opentsne_and_come_out_alike(monkeypatch, all_pairs):
    monkeypatch.setattr(tsne, "ALL_PAIRS", all_pairs)
    points, labels = planted()
    found = embed(points, embed(points, None, seed=0).picture, seed=0)
    clusters = kmeans(found.picture[None], 3, seed=0)
    assert adjusted_rand_index(labels, clusters.best_labels[0]) == 1.0


@pytest.mark.parametrize("all_pairs", [10, 1000])
@pytest.mark.parametrize(
    "spread", [0.0, 1e-7], ids=["one vector", "one vector to within rounding of single precision"]
)
def test_points_that_coincide_are_drawn_at_one_place(monkeypatch, spread, all_pairs):
    monkeypatch.setattr(tsne, "ALL_PAIRS", all_pairs)
    rng = np.random.default_rng(0)
    points = (3 + spread * rng.standard_normal((40, 8))).astype(np.float32)
    found = embed(points, None, seed=1)
    assert np.array_equal(found.picture, np.zeros((40, 2)))
    assert np.array_equal(found.place(points[:5] + 1), np.zeros((5, 2)))
    after = embed(planted(n_examples=40)[0], found.picture, seed=1)
    assert np.array_equal(after.picture, embed(planted(n_examples=40)[0], None, seed=1).picture)


@pytest.mark.parametrize("spread", [1e-25, 1e-4, 1e18])
def test_of_whatever_size_points_are_they_are_told_apart(spread):
    points, labels = planted()
    found = embed(spread * points, None, seed=0)
    assert np.isfinite(found.picture).all() and np.isfinite(found.place(spread * points)).all()
    clusters = kmeans(found.picture[None], 3, seed=0)
    assert adjusted_rand_index(labels, clusters.best_labels[0]) == 1.0


def test_points_that_partly_coincide_and_such_of_one_direction_have_pictures():
    labels = np.arange(60) % 2
    pairs = np.array([[1.0, 2.0, 3.0], [4.0, 4.0, 4.0]])[labels]
    for points in (pairs, pairs[:, :1]):
        found = embed(points, None, seed=0)
        assert np.isfinite(found.picture).all() and np.isfinite(found.place(points)).all()
        clusters = kmeans(found.picture[None], 2, seed=0)
        assert adjusted_rand_index(labels, clusters.best_labels[0]) == 1.0
