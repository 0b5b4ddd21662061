"""Figures of labels in space, against scikit-learn or the definition written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances, silhouette_score

from nucleate.metrics import label_geometry
from nucleate.metrics.label_geometry import (
    Pairs,
    neighbor_purities,
    silhouettes,
    squared_distances,
    too_near,
    top_variance_share,
    variance_ratios,
)


def planted(distance: float, n_examples: int = 120, n_labels: int = 4, d: int = 5, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_labels, size=n_examples)
    centers = distance * rng.standard_normal((n_labels, d))
    return (50 + centers[labels] + rng.standard_normal((n_examples, d))).astype(np.float32), labels


@pytest.mark.parametrize("distance", [0.0, 1.0, 10.0])
@pytest.mark.parametrize("block", [2**22, 500])
def test_silhouettes_equal_those_of_scikit_learn(distance, block, monkeypatch):
    monkeypatch.setattr(label_geometry, "BLOCK_VALUES", block)
    points, labels = planted(distance)
    labels[0] = 77  # an example alone
    many = np.arange(len(labels)) % 50
    found = silhouettes(points, {"few": labels, "many": many})
    for factor, each in (("few", labels), ("many", many)):
        assert found[factor] == pytest.approx(silhouette_score(points.astype(float), each), abs=1e-6)


def test_silhouettes_of_one_label_or_of_all_different_are_not_defined():
    points, labels = planted(1.0, n_examples=20)
    found = silhouettes(points, {"one": np.zeros(20, dtype=np.int64), "all": np.arange(20), "some": labels})
    assert math.isnan(found["one"])
    assert math.isnan(found["all"])
    assert silhouettes(np.zeros((6, 2)), {"same": np.arange(6) % 2})["same"] == 0.0


@pytest.mark.parametrize("block", [2**22, 500])
def test_neighbors_are_the_nearest_that_are_not_left_out(block, monkeypatch):
    monkeypatch.setattr(label_geometry, "BLOCK_VALUES", block)
    points, labels = planted(2.0)
    rng = np.random.default_rng(1)
    units, counts = np.arange(120) // 2, rng.poisson(0.7, (120, 3))
    found = neighbor_purities(points, {"task": labels}, units, counts, 3)["task"]
    distances = pairwise_distances(points.astype(float))
    for i in range(120):
        allowed = (units != units[i]) & (np.abs(counts - counts[i]).sum(axis=1) >= 3)
        others = np.flatnonzero(allowed)
        nearest = others[np.argsort(distances[i, others])[:10]]
        assert found[i] == pytest.approx(np.mean(labels[nearest] == labels[i]))


def test_an_example_without_neighbors_has_no_purity():
    points, labels = planted(1.0, n_examples=5)
    assert np.isnan(neighbor_purities(points, {"task": labels}, np.zeros(5, dtype=np.int64))["task"]).all()


def test_pairs_that_are_known_change_nothing(monkeypatch):
    points, labels = planted(1.0)
    rng = np.random.default_rng(1)
    units, counts = rng.integers(60, size=120), rng.integers(3, size=(120, 6))
    pairs = Pairs(squared_distances(points), too_near(np.arange(120), units, counts, 3))
    for rows in (np.arange(120), np.flatnonzero(rng.random(120) < 0.5)):
        about = (points[rows], {"task": labels[rows]})
        known = pairs.among(rows)
        assert silhouettes(*about, known.squared) == pytest.approx(silhouettes(*about), rel=1e-9)
        plain = neighbor_purities(*about, units[rows], counts[rows], 3)["task"]
        found = neighbor_purities(*about, units[rows], counts[rows], 3, known)["task"]
        assert np.array_equal(found, plain, equal_nan=True)
    monkeypatch.setattr(label_geometry, "BLOCK_VALUES", 120**2 - 1)
    assert squared_distances(points) is None


@pytest.mark.parametrize(("n_labels", "d"), [(4, 5), (5, 5), (12, 5), (30, 64)])
def test_collapse_through_the_gram_matrix_is_that_of_singular_vectors(n_labels, d, monkeypatch):
    points, labels = planted(1.0, n_labels=n_labels, d=d)
    found = variance_ratios(points, labels)["collapse"]
    monkeypatch.setattr(label_geometry, "WORST_CONDITION", 0.0)
    assert found == pytest.approx(variance_ratios(points, labels)["collapse"], rel=1e-9)


def test_means_that_hardly_differ_in_some_direction_go_the_way_of_singular_vectors():
    points, labels = planted(1.0, n_labels=4, d=6)
    means = np.stack([points[labels == label].mean(axis=0, dtype=np.float64) for label in range(4)])
    means[3] = means[:3].mean(axis=0) + 1e-5 * means[3]
    assert label_geometry._inverse_gram(means - means.mean(axis=0)) is None


def test_separation_and_collapse_are_their_definitions():
    points, labels = planted(1.0)
    blocks = [points[labels == label].astype(float) for label in range(4)]
    means = np.stack([block.mean(axis=0) for block in blocks])
    spread = [np.square(block - mean).sum(axis=1).mean() for block, mean in zip(blocks, means, strict=True)]
    pairs = [(i, j) for i in range(4) for j in range(i)]
    ratios = [(spread[i] + spread[j]) / (2 * np.square(means[i] - means[j]).sum()) for i, j in pairs]
    found = variance_ratios(points, labels)
    assert found["separation"] == pytest.approx(np.mean(ratios), rel=1e-6)
    within = sum((block - mean).T @ (block - mean) for block, mean in zip(blocks, means, strict=True)) / 120
    between = np.cov(means.T, bias=True)
    expected = np.trace(within @ np.linalg.pinv(between, rcond=1e-9)) / 4
    assert found["collapse"] == pytest.approx(expected, rel=1e-5)


def test_separation_and_collapse_fall_to_zero_as_labels_become_points():
    points, labels = planted(1.0)
    for figure in ("separation", "collapse"):
        values = [variance_ratios(*planted(distance))[figure] for distance in (0.5, 2.0, 20.0)]
        assert values[0] > values[1] > values[2]
        assert variance_ratios(np.eye(4)[labels], labels)[figure] == pytest.approx(0.0, abs=1e-12)
        assert math.isnan(variance_ratios(points, np.zeros(120, dtype=np.int64))[figure])
        assert math.isnan(variance_ratios(np.ones((6, 3)), np.arange(6) % 2)[figure])


def test_three_loud_coordinates_are_seen():
    points = np.random.default_rng(0).standard_normal((500, 100))
    assert top_variance_share(points) < 0.1
    points[:, :3] *= 30
    assert top_variance_share(points) > 0.9
    assert math.isnan(top_variance_share(np.ones((5, 4))))


def test_many_points():
    points, labels = planted(3.0, n_examples=3000, d=16)
    found = silhouettes(points, {"task": labels})["task"]
    assert found == pytest.approx(silhouette_score(points, labels), abs=1e-4)
