import numpy as np
import pytest

from nucleate.intervene.outcomes.cells import Cell, summarize
from nucleate.scores import RunTag

CELL = Cell("block.2", "input", "shift", "none", 1.0)
COMMON = {"n_resamples": 200, "tag": RunTag("r", "m", 1), "step": 3, "split": "validation"}


def rows(values, metrics, units=None):
    values = np.array(values, dtype=float)
    found = summarize(
        {CELL: values}, metrics, np.arange(values.shape[1]) if units is None else units, **COMMON
    )
    return {one.metric: one for one in found}


def test_a_row_is_the_mean_with_an_interval_and_says_where():
    one = rows([[1.0, 0.0] * 30], ("becomes_b",))["becomes_b"]
    assert (one.value, one.n_examples, one.layer, one.site, one.step) == (0.5, 60, 2, "block.2", 3)
    assert 0.3 < one.ci_low < 0.5 < one.ci_high < 0.7


def test_a_share_of_none_stays_open_and_a_difference_of_none_does_not():
    found = rows(np.zeros((2, 40)), ("becomes_b", "kl"))
    assert (found["becomes_b"].ci_low, found["becomes_b"].ci_high) == pytest.approx(
        (0, 1 - 0.025 ** (1 / 40))
    )
    assert (found["kl"].ci_low, found["kl"].ci_high) == (0, 0)


def test_instances_of_one_instruction_leave_as_much_room_as_one():
    by_four = rows(np.zeros((1, 40)), ("right",), np.arange(40) // 4)["right"]
    assert by_four.ci_high == pytest.approx(1 - 0.025 ** (1 / 10))


def test_what_is_missing_counts_for_nothing_and_all_missing_is_no_row():
    found = rows([[1.0, np.nan, np.nan, 0.0], [np.nan] * 4], ("right", "kl"))
    assert found.keys() == {"right"}
    assert (found["right"].value, found["right"].n_examples) == (0.5, 2)
