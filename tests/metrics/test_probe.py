"""What can be read off the states, against scikit-learn, and nothing where there is nothing to read."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestCentroid

from nucleate.metrics.centroids import nearest_centroid_right
from nucleate.metrics.probe import RIDGE, Probe


def planted(distance: float, seed: int = 0, n_examples: int = 200, n_labels: int = 4, d: int = 6):
    centers = distance * np.random.default_rng(99).standard_normal((n_labels, d))
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_labels, size=n_examples)
    return 9 + centers[labels] + rng.standard_normal((n_examples, d)), labels


@pytest.mark.parametrize("distance", [0.0, 1.0, 9.0])
def test_nearest_centroid_is_that_of_scikit_learn(distance):
    train, trained = planted(distance)
    points, labels = planted(distance, seed=1)
    theirs = NearestCentroid().fit(train, trained).predict(points) == labels
    train, points = np.stack([train, train[::-1]]), np.stack([points, points])
    found = nearest_centroid_right(train, trained, points, labels)
    assert np.array_equal(found[0], theirs)  # the other site's states say nothing of these labels
    assert not nearest_centroid_right(train, trained, points, labels + 50).any()


def test_no_state_is_found_by_its_own_part_in_a_centroid():
    """Noise, tested on the very states that centroids are made of: with them, four times as many are found."""
    rng = np.random.default_rng(2)
    points, labels, groups = rng.standard_normal((200, 30)), np.arange(200) % 10, np.arange(200)
    points = points[None]
    assert nearest_centroid_right(points, labels, points, labels).mean() > 0.4
    left_out = nearest_centroid_right(points, labels, points, labels, (groups, groups))
    assert left_out.mean() < 0.15


@pytest.mark.parametrize("d", [6, 300])
def test_probe_is_ridge_regression_on_the_other_folds(d):
    """With more coordinates than examples too, where the smaller system is solved."""
    points, labels = planted(1.0, d=d)
    units = np.arange(200) // 2
    probe = Probe(np.stack([points[::-1], points]), units, seed=0)
    found = probe.right(labels)[1]  # whatever another site says
    for test, *_ in probe._folds:
        assert not set(units[test]) & set(units[~test])
        train = points[~test] - points[~test].mean(axis=0)
        penalty = RIDGE * np.square(train).sum() / train.shape[1]
        theirs = Ridge(alpha=penalty).fit(points[~test], np.eye(4)[labels[~test]]).predict(points[test])
        assert np.array_equal(found[test], theirs.argmax(axis=1) == labels[test])
    assert sum(test.sum() for test, *_ in probe._folds) == 200


def test_probe_reads_what_is_there_and_no_shuffled_labels():
    points, labels = planted(5.0)
    probe = Probe(np.stack([points, points[::-1]]), np.arange(200), seed=0)
    permuted = np.stack([np.random.default_rng(seed).permutation(labels) for seed in range(20)])
    shares = probe.shares_right(permuted)
    assert probe.right(labels)[0].mean() > 0.95
    assert shares.mean(axis=1) == pytest.approx([0.25, 0.25], abs=0.05)
    one_by_one = [probe.right(each).mean(axis=1) for each in permuted]
    assert np.allclose(shares, np.transpose(one_by_one))


@pytest.mark.parametrize("points", [np.zeros((12, 3)), np.ones((12, 1))])
def test_states_without_variance_are_answered_by_the_commonest_label(points):
    labels = np.array([0] * 8 + [1] * 4)
    assert Probe(points[None], np.arange(12), seed=0).right(labels).mean() == pytest.approx(8 / 12)


def test_one_instruction_leaves_nothing_to_test_on():
    points, labels = planted(1.0, n_examples=10)
    assert not Probe(points[None], np.zeros(10, dtype=np.int64), seed=0).right(labels).any()
