import math

import numpy as np
import pytest

from nucleate.metrics.agreement.rand_index import adjusted_rand_index
from nucleate.metrics.ranges import RANGES, within_range, within_ranges


@pytest.mark.parametrize("metric", RANGES)
def test_ends_are_moved_to_where_a_figure_can_lie(metric):
    assert within_range(metric, (-math.inf, math.inf)) == RANGES[metric]
    assert within_range(metric, (0.1, 0.2)) == (0.1, 0.2)


def test_a_figure_without_a_range_and_an_end_that_is_not_known_are_left_alone():
    assert within_range("late_gain", (-1.41, 7.0)) == (-1.41, 7.0)
    low, high = within_range("ari", (math.nan, 1.2))
    assert math.isnan(low)
    assert high == 1.0


def test_many_intervals_are_moved_each_to_where_its_own_figure_can_lie():
    metrics = [*RANGES, "late_gain"]
    low, high = np.full(len(metrics), -3.0), np.append(np.full(len(RANGES), 2.0), np.nan)
    expected = [within_range(*one) for one in zip(metrics, zip(low, high, strict=True), strict=True)]
    np.testing.assert_array_equal(np.stack(within_ranges(metrics, low, high), axis=1), expected)
    assert [len(ends) for ends in within_ranges([], np.array([]), np.array([]))] == [0, 0]


@pytest.mark.parametrize(("metric", "groups"), [("ari", None), ("ari_across", np.array([0, 1, 1, 0]))])
def test_the_least_agreement_is_where_it_is_said_to_be(metric, groups):
    pairs, crossed = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert adjusted_rand_index(pairs, crossed, groups) == RANGES[metric][0]
