import math

import numpy as np
import pytest

from nucleate.metrics.agreement.rand_index import adjusted_rand_index
from nucleate.metrics.ranges import RANGES, within_range


@pytest.mark.parametrize("metric", RANGES)
def test_ends_are_moved_to_where_a_figure_can_lie(metric):
    assert within_range(metric, (-math.inf, math.inf)) == RANGES[metric]
    assert within_range(metric, (0.1, 0.2)) == (0.1, 0.2)


def test_a_figure_without_a_range_and_an_end_that_is_not_known_are_left_alone():
    assert within_range("separation", (-1.41, 7.0)) == (-1.41, 7.0)
    low, high = within_range("ari", (math.nan, 1.2))
    assert math.isnan(low)
    assert high == 1.0


@pytest.mark.parametrize(("metric", "groups"), [("ari", None), ("ari_across", np.array([0, 1, 1, 0]))])
def test_the_least_agreement_is_where_it_is_said_to_be(metric, groups):
    pairs, crossed = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert adjusted_rand_index(pairs, crossed, groups) == RANGES[metric][0]
