import numpy as np
import pytest

from nucleate.clustering.draws import Draws, interval


def test_examples_of_a_unit_are_drawn_together():
    weights = Draws(np.array([4, 4, 1, 1, 1]), 100, 0).weights
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])
    np.testing.assert_array_equal(weights[:, 2], weights[:, 4])
    np.testing.assert_array_equal(weights[:, 0] + weights[:, 2], 2)


def test_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((300, 80))
    low, high = Draws(np.arange(80), 400, 1).mean_interval(values)
    assert 0.89 <= ((low <= 0) & (high >= 0)).mean() <= 0.98


def test_missing_values_count_for_nothing():
    draws = Draws(np.arange(40), 300, 1)
    values = np.where(np.arange(40) < 20, np.nan, 5.0)
    low, high = draws.mean_interval(np.stack([values, np.full(40, np.nan)]))
    assert (low[0], high[0]) == pytest.approx((5.0, 5.0))
    assert np.isnan([low[1], high[1]]).all()


def test_too_few_replicates_give_no_interval():
    low, high = interval(np.array([[1.0, np.nan, np.nan], [1.0, 2.0, np.nan]]))
    assert np.isnan([low[0], high[0]]).all()
    assert not np.isnan([low[1], high[1]]).any()
