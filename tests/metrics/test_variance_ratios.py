"""Ratios of variances against their definitions written out, and of many subsets against each on its own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nucleate.metrics import variance_ratios as module
from nucleate.metrics.variance_ratios import SubsetRatios, variance_ratios
from tests.metrics.test_label_geometry import planted


@pytest.mark.parametrize(("n_labels", "d"), [(4, 5), (5, 5), (12, 5), (30, 64)])
def test_collapse_through_the_gram_matrix_is_that_of_singular_vectors(n_labels, d, monkeypatch):
    points, labels = planted(1.0, n_labels=n_labels, d=d)
    found = variance_ratios(points, labels)["collapse"]
    monkeypatch.setattr(module, "WORST_CONDITION", 0.0)
    assert found == pytest.approx(variance_ratios(points, labels)["collapse"], rel=1e-9)


def test_means_that_hardly_differ_in_some_direction_go_the_way_of_singular_vectors():
    points, labels = planted(1.0, n_labels=4, d=6)
    means = np.stack([points[labels == label].mean(axis=0, dtype=np.float64) for label in range(4)])
    means[3] = means[:3].mean(axis=0) + 1e-5 * means[3]
    assert module._inverse_gram(means - means.mean(axis=0)) is None


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


def test_directions_that_single_precision_leaves_to_rounding_are_none():
    """States of few tokens lie in few directions, and what is beyond them would be noise over noise."""
    rng = np.random.default_rng(0)
    tokens, labels = rng.standard_normal((6, 40)), np.arange(200) % 20
    exact = rng.poisson(1.0, (200, 6)) @ tokens
    rounded = exact.astype(np.float32)
    found = variance_ratios(rounded, labels)["collapse"]
    assert found == pytest.approx(variance_ratios(exact, labels)["collapse"], rel=1e-3)
    of_subset = SubsetRatios({"task": labels}, [np.arange(200)]).of(rounded)[0]["task"]
    assert of_subset["collapse"] == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize(("n_labels", "d"), [(4, 5), (12, 5), (30, 64)])
def test_subsets_have_the_ratios_that_each_has_on_its_own(n_labels, d):
    points, labels = planted(1.0, n_labels=n_labels, d=d)
    rng = np.random.default_rng(1)
    factors = {"task": labels, "other": rng.integers(7, 15, size=120)}
    subsets = [np.arange(120), *(np.flatnonzero(rng.random(120) < 0.5) for _ in range(3))]
    found = SubsetRatios(factors, subsets).of(points)
    for rows, own in zip(subsets, found, strict=True):
        for factor, each in factors.items():
            plain = variance_ratios(points[rows], each[rows])
            assert own[factor] == pytest.approx(plain, rel=1e-9, nan_ok=True)


def test_subsets_of_labels_that_are_points_have_no_width():
    labels = np.arange(60) % 4
    points = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)[labels]
    found = SubsetRatios({"task": labels, "one": np.zeros(60, dtype=np.int64)}, [np.arange(40)]).of(points)[0]
    assert found["task"] == {"separation": 0.0, "collapse": 0.0}
    assert all(map(math.isnan, found["one"].values()))
