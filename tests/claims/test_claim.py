"""A changed rule is a changed version; what cannot be told is neither held nor failed."""

import math
from dataclasses import replace

import pytest

from nucleate.claims.claim import Asked, Claim, Judgment
from nucleate.claims.evidence import Evidence
from nucleate.claims.verdicts import Straddle
from nucleate.scores import Scores
from nucleate.view import View

NOTHING = Evidence(Scores.from_rows([]), View(position="input"))
CLAIM = Claim("tall", "It is tall.", "at least 0.5", lambda evidence: None, {"LEAST": 0.5})


@pytest.mark.parametrize(
    "change", [{"name": "high"}, {"rule": "at least half"}, {"thresholds": {"LEAST": 0.6}}, {"version": 2}]
)
def test_another_rule_has_another_digest(change):
    assert replace(CLAIM, **change).rule_digest != CLAIM.rule_digest


def test_the_digest_is_of_the_rule_alone():
    said_otherwise = replace(CLAIM, words="It stands tall.", judge=lambda evidence: Judgment("holds", {}))
    assert said_otherwise.rule_digest == CLAIM.rule_digest
    assert len(CLAIM.rule_digest) == 64


@pytest.mark.parametrize(
    ("holds", "fails", "verdict"),
    [
        (True, False, "holds"),
        (False, True, "fails"),
        (True, True, "fails"),
        (False, False, "inconclusive"),
    ],
)
def test_what_surely_lacks_something_fails_and_what_is_open_says_what_it_straddles(holds, fails, verdict):
    open_ = Asked("tall", "height", 0.4, 0.7, 0.5)
    told = Judgment.told(
        holds=holds, fails=fails, figures={"height": 0.55}, control="untrained", unmet=[open_]
    )
    found = replace(CLAIM, judge=lambda evidence: told).verdict(NOTHING)
    assert (found.verdict, found.position, found.control) == (verdict, "input", "untrained")
    assert found.straddles == ((open_.straddle,) if verdict == "inconclusive" else ())
    assert bool(found.lacking) == (verdict == "inconclusive")


@pytest.mark.parametrize(
    ("unmet", "lacking"),
    [
        (Asked("tall", "height", 0.1, 0.3, 0.5), "height between 0.10 and 0.30, nowhere above 0.50"),
        (Asked("tall", "height", 0.1, 0.5, 0.5, is_strict=True), "height between 0.10 and 0.50, nowhere above 0.50"),
        (Asked("low", "height", 0.6, 0.8, most=0.5), "height between 0.60 and 0.80, nowhere below 0.50"),
        (Asked("tall", "height", math.nan, math.nan, 0.5), "no interval: tall"),
        (Asked("tall", "height", 0.6, 0.8, 0.5), "tall"),
    ],
)  # fmt: skip
def test_what_is_open_though_no_interval_lies_about_a_bound_straddles_nothing(unmet, lacking):
    """A rule that fails by another bound than the one asked for is open in between."""
    told = Judgment.told(holds=False, fails=False, figures={"height": 0.2}, control="", unmet=[unmet])
    assert (told.verdict, told.straddles, told.lacking) == ("inconclusive", (), lacking)


@pytest.mark.parametrize("end", [0.00003, 0.49999996, 12345.678901])
def test_figures_are_kept_as_they_decided(end):
    judged = Judgment("holds", {"height_low": end})
    assert replace(CLAIM, judge=lambda evidence: judged).verdict(NOTHING).figures == {"height_low": end}


def test_without_data_nothing_is_judged():
    found = CLAIM.verdict(NOTHING)
    assert (found.verdict, found.figures, found.lacking) == ("not measured", {}, "")
    assert found.rule_digest == CLAIM.rule_digest


@pytest.mark.parametrize(
    ("low", "high", "bounds", "standing"),
    [
        (0.5, 0.7, {"least": 0.5}, "met"),
        (0.4, 0.7, {"least": 0.5}, "open"),
        (0.4, 0.5, {"least": 0.5}, "open"),
        (0.3, 0.49, {"least": 0.5}, "missed"),
        (0.0, 0.7, {"least": 0.0, "is_strict": True}, "open"),
        (-0.1, 0.0, {"least": 0.0, "is_strict": True}, "missed"),
        (0.01, 0.7, {"least": 0.0, "is_strict": True}, "met"),
        (-0.1, 0.1, {"least": -0.1, "most": 0.1}, "met"),
        (-0.2, 0.2, {"least": -0.1, "most": 0.1}, "open"),
        (0.11, 0.2, {"least": -0.1, "most": 0.1}, "missed"),
        (0.1, 0.2, {"most": 0.1, "is_strict": True}, "missed"),
        (math.nan, 0.7, {"least": 0.5}, "not measured"),
        (0.6, math.nan, {"least": 0.5}, "not measured"),
    ],
)
def test_an_interval_lies_within_what_is_asked_for_beyond_it_or_on_both_sides(low, high, bounds, standing):
    assert Asked("height", "height", low, high, **bounds).standing == standing


@pytest.mark.parametrize(
    ("low", "high", "threshold"), [(-0.2, 0.05, -0.1), (-0.05, 0.2, 0.1), (-0.2, 0.2, 0.1)]
)
def test_a_straddle_names_a_bound_that_the_interval_holds(low, high, threshold):
    asked = Asked("level", "gain", low, high, -0.1, 0.1)
    assert asked.straddle == Straddle("gain", low, high, threshold)


MET, MISSED = Asked("height", "h", 0.6, 0.7, 0.5), Asked("breadth", "b", 0.1, 0.2, 0.5)
OPEN, UNKNOWN = Asked("depth", "d", 0.4, 0.7, 0.5), Asked("age", "a", math.nan, math.nan, 0.5)


@pytest.mark.parametrize(
    ("asked", "verdict", "lacking"),
    [
        ([MET, MET], "holds", ""),
        ([MET, MISSED, MISSED], "fails", "breadth, breadth"),
        ([MISSED, OPEN], "fails", "breadth"),
        ([MET, OPEN], "inconclusive", "d between 0.40 and 0.70, threshold 0.50"),
        ([MET, UNKNOWN], "not measured", "no interval: age"),
        ([MISSED, UNKNOWN], "not measured", "no interval: age"),
    ],
)
def test_of_several_things_asked_for_all_must_be_met_and_one_missed_is_enough(asked, verdict, lacking):
    judged = Judgment.by_intervals(asked, {"h": 0.65}, "untrained")
    assert (judged.verdict, judged.lacking) == (verdict, lacking)
    assert len(judged.straddles) == (verdict == "inconclusive")
    assert bool(judged.figures) == (verdict != "not measured")


def test_why_nothing_was_measured_stands_in_the_verdict():
    found = replace(CLAIM, judge=lambda evidence: Judgment.unmeasured("no step 0")).verdict(NOTHING)
    assert (found.verdict, found.figures, found.lacking) == ("not measured", {}, "no step 0")
