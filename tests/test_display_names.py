from nucleate.display_names import (
    POSITIONS,
    figure_number,
    figure_words,
    measure_words,
    place_words,
    say,
    site_order,
    site_words,
)
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
    assert figure_words("late_gain_low") == "that gain, lower 95 % bound"


def test_sites_are_named_and_ordered_from_the_bottom_up():
    sites = ["final_norm", "block.10", "embed", "block.9"]
    assert sorted(sites, key=site_order) == ["embed", "block.9", "block.10", "final_norm"]
    assert [site_words(site) for site in sites] == ["final norm", "layer 10", "layer 0", "layer 9"]


def test_a_view_says_what_was_done_to_states_and_what_its_numbers_are():
    assert place_words(View()) == "last instruction token"
    assert place_words(View("last", preparation="standardise")).endswith("(standardized states)")
    assert measure_words(View()) == "ARI"
    assert measure_words(View(metric="ami")) == "adjusted mutual information, k-means"


def test_layers_and_counts_are_whole_numbers():
    assert (figure_number("layer", 2.0), figure_number("excess", -0.001)) == ("2", "0.00")
