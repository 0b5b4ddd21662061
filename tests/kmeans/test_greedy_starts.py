"""Greedy k-means++, beside the same draws worked out one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nucleate.kmeans import greedy_starts
from nucleate.kmeans.greedy_starts import first_centers, members_at_once


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    centers = 3 * rng.standard_normal((2, 9, 1, 12))
    return (centers + rng.standard_normal((2, 9, 20, 12))).reshape(2, 180, 12).astype(np.float32)


def plain(points, n_clusters, n_init, seed):
    """One block of points, one start and one candidate after the other, in float64."""
    points = points.astype(np.float64)
    n_candidates = greedy_starts.CANDIDATE_FACTOR * (2 + int(math.log(n_clusters)))
    draws = np.random.default_rng(seed).random((n_clusters, n_init, n_candidates), dtype=np.float32)
    found = []
    for start in range(n_init):
        chosen = [int(draws[0, start, 0] * len(points))]
        distances = [np.square(points - points[chosen[0]]).sum(axis=1)]
        for draw in draws[1:, start]:
            mass = np.min(distances, axis=0)
            candidates = np.searchsorted(mass.cumsum(), draw * mass.sum(), side="right")
            those = [np.square(points - points[candidate]).sum(axis=1) for candidate in candidates]
            best = int(np.argmin([np.minimum(mass, each).sum() for each in those]))
            chosen.append(int(candidates[best]))
            distances.append(those[best])
        found.append((chosen, np.argmin(distances, axis=0)))
    return [np.array(part) for part in zip(*found, strict=True)]


@pytest.mark.parametrize("gain", [0, 1000])
def test_chosen_points_and_labels_are_those_of_the_plain_way(points, monkeypatch, gain):
    monkeypatch.setattr(greedy_starts, "TABLE_GAIN", gain)  # 0: never a table; 1000: always
    chosen, labels = first_centers(points, 9, 4, np.random.default_rng(5))
    for own, own_chosen, own_labels in zip(points, chosen, labels, strict=True):
        plain_chosen, plain_labels = plain(own, 9, 4, 5)
        assert np.array_equal(own_chosen, plain_chosen)
        assert np.array_equal(own_labels, plain_labels)


def test_members_do_not_depend_on_each_other(points):
    together = first_centers(points, 9, 4, np.random.default_rng(5))
    for member, own in enumerate(points):
        alone = first_centers(own[None], 9, 4, np.random.default_rng(5))
        assert all(np.array_equal(both[member], one[0]) for both, one in zip(together, alone, strict=True))


def test_no_point_is_chosen_twice_while_others_lie_apart(points):
    chosen, _ = first_centers(points, 180, 2, np.random.default_rng(1))
    assert (np.sort(chosen, axis=2) == np.arange(180)).all()


def test_points_far_off_are_chosen_in_proportion_to_their_squared_distance(monkeypatch):
    monkeypatch.setattr(greedy_starts, "CANDIDATE_FACTOR", 1)
    points = np.concatenate([np.zeros(98), [1.0, 2.5]]).astype(np.float32)[None, :, None]
    chosen, _ = first_centers(np.tile(points, (1, 1, 3)), 2, 4000, np.random.default_rng(2))
    from_zero = chosen[0][chosen[0, :, 0] < 98]
    # The better of two candidates, each 2.5 with probability 6.25 / 7.25; taking 2.5 leaves the lower inertia.
    assert (from_zero[:, 1] == 99).mean() == pytest.approx(1 - (1 / 7.25) ** 2, abs=0.01)


def test_the_drawn_example_is_the_first_whose_summed_mass_exceeds_the_draw():
    mass = np.array([[[0.0, 1.0, 0.0, 3.0], [-0.0, 0.0, 2.0, 2.0]]], dtype=np.float32)
    draw = np.array([[0.0, 0.2, 0.25, 0.9], [0.0, 0.49, 0.5, 1.0]], dtype=np.float32)
    assert greedy_starts._draw(mass, draw).tolist() == [[[1, 1, 3, 3], [2, 2, 3, 3]]]


def test_members_are_taken_one_by_one_where_their_distances_fill_the_memory():
    assert members_at_once(500, 20, 5) > 8
    assert members_at_once(10**6, 20, 5) == 1
