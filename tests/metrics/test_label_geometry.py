"""Figures of labels in space, against scikit-learn or the definition written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances, silhouette_score

from nucleate.metrics import label_geometry
from nucleate.metrics.label_geometry import neighbor_purities, silhouettes, top_variance_share


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
