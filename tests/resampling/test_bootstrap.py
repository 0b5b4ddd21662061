"""Draws of units: what a mean's interval covers, and what a permutation of labels keeps."""

from __future__ import annotations

import numpy as np
import pytest

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
    units = np.array([0, 0, 1, 1, 2, 2, 3])
    labels = np.array([10, 11, 20, 21, 30, 31, 40])
    permuted = permute_labels(labels, units, 200, seed=0)
    assert (np.sort(permuted, axis=1) == np.sort(labels)).all()
    assert (permuted[:, 1:6:2] == permuted[:, 0:6:2] + 1).all()
    assert (permuted[:, 6] == 40).all()
    assert len(np.unique(permuted, axis=0)) == 6


def test_labels_that_are_the_units_are_exchanged_one_by_one():
    units = np.repeat(np.arange(5), 4)
    permuted = permute_labels(units + 3, units, 20, seed=0)
    assert (np.sort(permuted, axis=1) == units + 3).all()
    assert (
        not (permuted.reshape(20, 5, 4) == permuted.reshape(20, 5, 4)[:, :, :1]).all(axis=2).any(axis=0).all()
    )
