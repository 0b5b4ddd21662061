from typing import get_args

import pytest

from nucleate.display_names import (
    POSITIONS,
    PREPARATIONS,
    figure_number,
    figure_words,
    figures_in_words,
    interval_words,
    measure_words,
    place_words,
    prepared_words,
    say,
    site_order,
    site_words,
    two_decimals,
    without_ends,
)
from nucleate.scoring.settings import Metric, PreparationName
from nucleate.view import View


def test_known_names_in_words_and_others_as_they_are():
    assert say(POSITIONS, "input") == "input token"
    assert say(POSITIONS, "my_own") == "my own"


def test_ends_of_intervals_are_named_after_what_they_are_of():
    assert figure_words("auroc_ci_low") == "AUROC, lower 95 % bound"
    assert figure_words("odds_ratio_ci_high") == "odds ratio, upper 95 % bound"
    assert (
        figure_words("unseen_instruction_low") == "unseen instructions, above the control, lower 95 % bound"
    )
    assert figure_words("shuffled_auroc_ci_high") == "AUROC of shuffled labels, upper 95 % bound"
    assert figure_words("late_gain_low") == "that gain, lower 95 % bound"


def test_a_figure_has_its_interval_behind_it_where_both_ends_are_there():
    figures = {"excess": 0.891, "excess_low": 0.83, "excess_high": 0.94, "layer": 2.0, "auroc_ci_low": 0.5}
    figures |= {"auroc": 0.7, "auroc_ci_high": 0.8, "top_excess": -0.001, "top_excess_low": -0.002}
    assert figures_in_words(figures) == [
        ("above the control", "0.89 [0.83, 0.94]"),
        ("layer", "2"),
        ("AUROC", "0.70 [0.50, 0.80]"),
        ("top layer above its control", "-0.001"),
        ("lower 95 % bound of that", "-0.002"),
    ]
    assert without_ends(figures) == ["excess", "layer", "auroc", "top_excess", "top_excess_low"]
    assert figures_in_words({"x": 0.01, "x_low": -0.001, "x_high": 0.2}) == [("x", "0.01 [-0.001, 0.20]")]


def test_sites_are_named_and_ordered_from_the_bottom_up():
    sites = ["final_norm", "block.10", "embed", "block.9"]
    assert sorted(sites, key=site_order) == ["embed", "block.9", "block.10", "final_norm"]
    assert [site_words(site) for site in sites] == ["final norm", "layer 10", "layer 0", "layer 9"]


def test_a_view_says_what_was_done_to_states_and_what_its_numbers_are():
    assert place_words(View()) == "last instruction token"
    assert place_words(View("last", preparation="standardise")).endswith("(standardized states)")
    assert measure_words(View()) == "ARI"
    assert measure_words(View(metric="ami")) == "adjusted mutual information, k-means"


@pytest.mark.parametrize("name", get_args(PreparationName))
def test_every_preparation_has_words_that_stand_before_states(name):
    assert name in PREPARATIONS
    said = "" if name == "raw" else f" ({PREPARATIONS[name]} states)"
    assert prepared_words(View(preparation=name)) == said


@pytest.mark.parametrize("name", get_args(Metric))
def test_nothing_is_called_a_dialect_that_may_be_another_factor(name):
    assert "dialect" not in measure_words(View(metric=name))


def test_layers_and_counts_are_whole_numbers():
    assert (figure_number("layer", 2.0), figure_number("excess", -0.001)) == ("2", "-0.001")


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.126, "0.13"), (-0.0011, "-0.001"), (0.004, "0.004"), (-0.00004, "-0.00004"), (0.0, "0.00"), (-1e-17, "0.00"), (-0.0, "0.00"), (float("nan"), "nan")],
)  # fmt: skip
def test_no_number_beside_nothing_is_read_as_nothing(value, said):
    assert two_decimals(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.498, "0.498"), (0.5, "0.50"), (0.51, "0.51"), (0.49999, "0.49999"), (-0.001, "-0.001"), (0.0, "0.00"), (-0.0, "0.00"), (0.5 + 1e-12, "0.50")],
)  # fmt: skip
def test_no_number_beside_a_threshold_is_read_as_the_threshold(value, said):
    assert two_decimals(value, beside=0.5) == said


def test_on_which_side_of_a_threshold_an_interval_ends_is_read_from_it():
    assert interval_words(-0.001, 0.2) == "[-0.001, 0.20]"
    assert interval_words(0.498, 0.7, beside=0.5) == "[0.498, 0.70]"
