import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from nucleate.resampling.intervals import Draws, between_seeds, exact_ends, interval


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


def test_where_every_replicate_has_a_value_the_ends_are_plain_percentiles():
    replicates = np.random.default_rng(0).random((3, 101))
    low, high = interval(replicates)
    np.testing.assert_array_equal(np.stack([low, high]), np.percentile(replicates, (2.5, 97.5), axis=-1))
    with_one_missing = interval(np.append(replicates[0], np.nan))
    assert [float(end) for end in with_one_missing] == pytest.approx([low[0], high[0]])


def test_units_are_counted_once_and_only_where_something_is():
    draws = Draws(np.array([4, 4, 1, 1, 2]), 10, 0)
    assert draws.n_units == 3
    there = np.array([[True] * 5, [True, True, False, True, False], [False] * 5])
    assert draws.count_units(there).tolist() == [3, 2, 0]


def test_a_share_of_none_or_all_is_open_at_one_end_as_clopper_and_pearson_have_it():
    for successes in (0, 12):
        exact = binomtest(successes, 12).proportion_ci(0.95, "exact")
        assert exact_ends(successes / 12, (9.0, 9.0), 12) == pytest.approx((exact.low, exact.high))
    assert exact_ends(0.5, (0.3, 0.7), 12) == (0.3, 0.7)
    assert exact_ends(0.0, (0.0, 0.0), 0) == (0.0, 0.0)


@pytest.mark.parametrize(("n_models", "of_a_bootstrap"), [(3, 0.74), (5, 0.83)])
def test_the_interval_between_seeds_holds_what_further_models_would_give(n_models, of_a_bootstrap):
    """Models differ, and each is measured with an error: 95 of 100 intervals hold the mean of all models."""
    rng, n = np.random.default_rng(3), 4000
    figures = 0.7 + 0.1 * rng.standard_normal((n, n_models)) + 0.05 * rng.standard_normal((n, n_models))
    ends = np.array([between_seeds(one) for one in figures])
    assert np.mean((ends[:, 1] <= 0.7) & (ends[:, 2] >= 0.7)) == pytest.approx(0.95, abs=0.012)
    drawn = figures[:, rng.integers(n_models, size=(400, n_models))].mean(axis=-1)
    low, high = interval(drawn)
    assert np.mean((low <= 0.7) & (high >= 0.7)) == pytest.approx(of_a_bootstrap, abs=0.03)


def test_one_model_has_no_interval_between_seeds():
    mean, low, high = between_seeds(np.array([0.4]))
    assert mean == 0.4
    assert np.isnan([low, high]).all()


def test_the_interval_between_seeds_is_that_of_a_t_test():
    figures = np.array([0.2, 0.5, 0.6, 0.9])
    expected = ttest_1samp(figures, 0.0).confidence_interval(0.95)
    assert between_seeds(figures)[1:] == pytest.approx((expected.low, expected.high))
