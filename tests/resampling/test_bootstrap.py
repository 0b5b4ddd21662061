"""Draws of units: what a mean's interval covers, and what a permutation of labels keeps."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.metrics.agreement.rand_index import adjusted_rand_index, adjusted_rand_permuted
from nucleate.resampling.bootstrap import Resamples, permute_labels
from nucleate.resampling.intervals import interval


def test_interval_of_a_mean_is_as_wide_as_its_units_make_it():
    rng = np.random.default_rng(8)
    values = np.repeat(rng.random(100) < 0.3, 5).astype(float)
    units = np.repeat(np.arange(100), 5)
    low, high = interval(Resamples.draw(units, 2000, 0).means(values))
    deviation = values.std() / 10
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)
    assert not Resamples.draw(np.zeros(500, dtype=np.int64), 9, 0).tell_something


def test_every_replicate_draws_as_many_units_as_there_are():
    resamples = Resamples.draw(np.array([7, 7, 3, 9]), n_resamples=500, seed=0)
    assert resamples.units.tolist() == [1, 1, 0, 2]
    assert (resamples.copies.sum(axis=0) == 3).all()
    assert resamples.copies.mean(axis=1) == pytest.approx(1, abs=0.1)


def test_units_of_one_size_exchange_their_labels_whole():
    units, labels = np.repeat(np.arange(7), 3), np.repeat([10, 20, 10, 30, 40, 50, 50], 3)
    permuted = permute_labels(labels, units, 200, seed=0)
    assert (np.sort(permuted, axis=1) == np.sort(labels)).all()
    of_units = permuted.reshape(200, 7, 3)
    assert (of_units == of_units[:, :, :1]).all()
    assert len(np.unique(permuted, axis=0)) > 150


def test_what_labels_a_unit_holds_stays_together_and_their_order_does_not():
    units, labels = np.repeat(np.arange(6), 2), np.arange(12)
    pairs = np.sort(permute_labels(labels, units, 200, seed=0).reshape(200, 6, 2), axis=2)
    assert (pairs[:, :, 0] % 2 == 0).all()
    assert (pairs[:, :, 1] == pairs[:, :, 0] + 1).all()
    # Units that all hold the same labels in the same order would else keep them.
    units, labels = np.repeat(np.arange(30), 10), np.tile(np.arange(10), 30)
    permuted = permute_labels(labels, units, 50, seed=0)
    assert (np.sort(permuted.reshape(50, 30, 10), axis=2) == np.arange(10)).all()
    assert (permuted == labels).mean() == pytest.approx(0.1, abs=0.02)


def test_units_of_many_sizes_get_labels_of_units_near_in_size():
    """No two are of one size here: without exchange between sizes every unit would keep its own."""
    sizes = np.arange(4, 24)
    units = np.repeat(np.arange(20), sizes)
    permuted = permute_labels(units % 10, units, 200, seed=0)
    assert (np.sort(permuted, axis=1) == np.sort(units % 10)).all()
    keeps = (permuted == units % 10).mean()
    assert 0.1 < keeps < 0.35, "one of five units, and what is over of another of its label"
    commonest = [np.bincount(own[units == unit]).max() for own in permuted for unit in range(20)]
    assert np.mean(commonest / np.tile(sizes, 200)) > 0.9


@pytest.mark.parametrize(("of_units", "most"), [("one label", 0.09), ("the same labels", 0.09)])
def test_labels_that_know_nothing_pass_the_level_once_in_twenty_times(of_units, most):
    """Also where clusters are of the units: four of five examples lie in the cluster of their unit."""
    units, passed = np.repeat(np.arange(30), 10), 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        labels = rng.integers(6, size=30)[units] if of_units == "one label" else np.tile(np.arange(10), 30)
        own, by_chance = rng.integers(6, size=30)[units], rng.integers(6, size=300)
        clusters = np.where(rng.random(300) < 0.8, own, by_chance)
        reached = adjusted_rand_permuted(permute_labels(labels, units, 100, seed), clusters)
        passed += adjusted_rand_index(labels, clusters) > np.percentile(reached, 95)
    assert 0.02 < passed / 300 < most


def test_labels_that_are_the_units_are_exchanged_one_by_one():
    units = np.repeat(np.arange(5), 4)
    permuted = permute_labels(units + 3, units, 20, seed=0)
    assert (np.sort(permuted, axis=1) == units + 3).all()
    assert (
        not (permuted.reshape(20, 5, 4) == permuted.reshape(20, 5, 4)[:, :, :1]).all(axis=2).any(axis=0).all()
    )
