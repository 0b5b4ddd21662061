"""What permuted labels reach at all sites at once is what they reach one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.metrics import permuted_centroids
from nucleate.metrics.centroids import nearest_centroid_right
from nucleate.metrics.permuted_centroids import nearest_shares_right
from nucleate.resampling.bootstrap import permute_labels


@pytest.mark.parametrize("left_out", ["nothing", "their own", "strangers"])
@pytest.mark.parametrize("room", [2**22, 300])
def test_shares_are_those_of_the_plain_way(left_out, room, monkeypatch):
    monkeypatch.setattr(permuted_centroids, "DISTANCES_HELD", room)
    rng = np.random.default_rng(1)
    units = np.arange(90) // 3
    trained, tested = units * 2, rng.integers(70, size=40)  # a group has several states, or is not there
    train_labels, labels = rng.integers(5, size=90), rng.integers(6, size=40)
    train_points = 100 + rng.standard_normal((2, 90, 7)).astype(np.float32)
    points = 100 + rng.standard_normal((2, 40, 7)).astype(np.float32)
    groups = {"nothing": None, "their own": (trained, tested), "strangers": (trained, tested + 1000)}[
        left_out
    ]
    permuted = permute_labels(train_labels, units, 9, 3)
    found = nearest_shares_right(train_points, permuted, points, labels, groups)
    plain = [
        nearest_centroid_right(train_points, each, points, labels, groups).mean(axis=1) for each in permuted
    ]
    assert np.array_equal(found, np.transpose(plain))


def test_a_label_of_one_group_alone_is_no_mean_for_that_group():
    train_points = np.array([[[0.0, 0], [0, 0], [5, 5], [6, 5]]], dtype=np.float32)
    train_labels, groups = np.array([[0, 0, 1, 1]]), np.array([7, 7, 8, 9])
    points, tested = np.array([[[0.0, 0], [5, 5]]], dtype=np.float32), np.array([7, 8])
    found = nearest_shares_right(train_points, train_labels, points, np.array([1, 1]), (groups, tested))
    assert found.tolist() == [[1.0]]
