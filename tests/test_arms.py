"""What became of control arms: the figures of each, and what is said of all."""

import math

import numpy as np
import pytest
import scipy.stats

from nucleate.arms import arm_words, arms_in, at_the_end, rows_of, sentence
from tests.planted_arms import ENDS, planted_arms


def test_of_one_seed_the_interval_is_that_of_its_examples():
    ends = at_the_end(planted_arms())
    assert [(one.agreement, one.accuracy) for one in ends] == list(ENDS.values())
    assert [one.low for one in ends] == pytest.approx([end - 0.03 for end, _ in ENDS.values()])
    assert [one.high for one in ends] == pytest.approx([end + 0.03 for end, _ in ENDS.values()])
    assert [one.is_beyond for one in ends] == [True, True, False, True, False]


def test_of_several_seeds_it_is_students_between_them():
    first = at_the_end(planted_arms(seeds=(1, 2, 3)))[0]
    seeds = np.array([0.9, 0.92, 0.94])
    low, high = scipy.stats.t.interval(0.95, 2, seeds.mean(), scipy.stats.sem(seeds))
    assert (first.agreement, first.low, first.high) == pytest.approx((0.92, low, high))
    assert first.n_seeds == 3


def test_rows_of_an_arm_are_its_own():
    table = planted_arms(seeds=(1, 2))
    assert arms_in(table) == list(ENDS)
    own = rows_of(table, ("answer", "shared", False))
    assert len(own) == 6 and own["value"].max() == pytest.approx(0.82)


def test_the_sentence_says_which_arms_gather_and_which_do_not():
    said = sentence(planted_arms())
    assert "(adjusted Rand index across groups, last step; one seed: reported, not claimed)" in said
    kept, lost = said.split("; not for ")
    for words in (
        "loss on the sequence, own inputs (0.90 [0.87, 0.93])",
        "loss on answers, shared inputs (0.80",
    ):
        assert words in kept
    assert "loss on the sequence, shared inputs (0.02 [" in lost and "tasks at random" in lost
    assert said.endswith("No control of any arm exceeds 0.05.")
    assert "95 % interval between 2 seeds" in sentence(planted_arms(seeds=(1, 2)))


def test_no_control_of_any_seed_exceeds_what_is_said_to_be_the_most():
    table = planted_arms(seeds=(1, 2, 3))
    levels = table["seed"].map({1: 0.05, 2: 0.05, 3: 0.2312})
    ends = at_the_end(table.assign(control_high=levels))
    assert ends[0].control_high == pytest.approx((0.05 + 0.05 + 0.2312) / 3)
    assert {one.highest_control for one in ends} == {0.2312}
    assert sentence(table.assign(control_high=levels)).endswith("No control of any arm exceeds 0.24.")


def test_nothing_is_claimed_where_no_arm_gathers():
    table = planted_arms()
    assert "clearly above its controls in no arm" in sentence(table.assign(control_high=1.0))
    assert "; not for" not in sentence(table.assign(control_high=-1.0))


def test_without_an_interval_nothing_is_beyond():
    first = at_the_end(planted_arms().assign(ci_low=math.nan, ci_high=math.nan))[0]
    assert first.said == "0.90" and not first.is_beyond


def test_arms_have_words():
    assert arm_words("answer", "shared", False) == "loss on answers, shared inputs"
    assert arm_words("sequence", "own", True) == "tasks at random, loss on the sequence"
