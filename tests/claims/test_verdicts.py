"""Verdicts come back from their file as they were, and several runs are summed up."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nucleate.claims.verdicts import (
    ClaimVerdict,
    Effect,
    EffectOverSeeds,
    Straddle,
    claims_over_runs,
    read_claims,
    write_claims,
)

OPEN = ClaimVerdict(
    "tall",
    "It is tall.",
    "at least 0.5",
    "input",
    "inconclusive",
    {"height": 0.55},
    "untrained",
    "height between 0.40 and 0.70, threshold 0.50",
    (Straddle("height", 0.4, 0.7, 0.5),),
    "0" * 64,
    Effect("height", 0.5),
)


def verdict(verdict, height=None, position="input"):
    return ClaimVerdict("tall", "", "", position, verdict, {} if height is None else {"height": height})


def test_claims_round_trip(tmp_path):
    write_claims([OPEN, verdict("holds", 0.9)], tmp_path / "claims.json")
    assert read_claims(tmp_path / "claims.json") == [OPEN, verdict("holds", 0.9)]


def test_the_file_says_what_an_inconclusive_verdict_straddles_and_under_which_rule(tmp_path):
    write_claims([OPEN], tmp_path / "claims.json")
    (written,) = json.loads((tmp_path / "claims.json").read_text())
    assert written["straddles"] == [{"figure": "height", "low": 0.4, "high": 0.7, "threshold": 0.5}]
    assert written["rule_digest"] == "0" * 64


def test_a_file_from_before_rules_had_digests_is_read(tmp_path):
    write_claims([verdict("holds", 0.9)], tmp_path / "claims.json")
    (written,) = json.loads((tmp_path / "claims.json").read_text())
    del written["straddles"], written["rule_digest"], written["effect"]
    (tmp_path / "claims.json").write_text(json.dumps([written]))
    assert read_claims(tmp_path / "claims.json") == [verdict("holds", 0.9)]


def test_a_straddle_in_words():
    assert (
        str(Straddle("odds_ratio", 0.934, 43.83, 1.0)) == "odds ratio between 0.93 and 43.83, threshold 1.00"
    )


def test_several_runs_are_summed_up_claim_by_claim():
    runs = [
        [verdict("fails", 0.4), verdict("holds", 2.0, "last")],
        [verdict("holds", 0.8)],
        [verdict("holds", 0.96)],
        [OPEN],
        [verdict("not measured")],
    ]
    (summary,) = claims_over_runs(runs, "input")
    assert (summary.n_holds, summary.n_inconclusive, summary.n_judged) == (2, 1, 4)
    assert summary.figures["height"] == pytest.approx(((0.4 + 0.8 + 0.96 + 0.55) / 4, 0.4, 0.96))
    assert str(summary) == "2 of 4, inconclusive in 1"


def test_over_seeds_the_effect_has_an_interval_between_models():
    tall = Effect("height", 0.5)
    runs = [[replace(verdict("holds", height), effect=tall)] for height in (0.6, 0.7, 0.8)]
    (summary,) = claims_over_runs(runs, "input")
    found = summary.effect
    assert (found.mean, found.n) == (pytest.approx(0.7), 3)
    assert (found.low, found.high) == pytest.approx((0.7 - 0.2484, 0.7 + 0.2484), abs=1e-3)
    assert found.standing == "open", "all three hold, and a fourth need not"
    assert (
        str(found) == "height 0.70 [0.45, 0.95], at least 0.5 required; this figure lies on both sides of it"
    )


@pytest.mark.parametrize(
    ("figure", "found", "words"),
    [("rank_correlation", (0.9, 1.0, 0.6), "[0.32, 1.00]"), ("auroc", (0.7, 0.95, 0.9), "[0.52, 1.00]"),
     ("height", (0.7, 0.95, 0.9), "[0.52, 1.18]")],
)  # fmt: skip
def test_no_effect_over_seeds_reaches_beyond_where_its_figure_can_lie(figure, found, words):
    own = Effect(figure, 0.1)
    runs = [[replace(verdict("holds"), figures={figure: one}, effect=own)] for one in found]
    (summary,) = claims_over_runs(runs, "input")
    assert words in str(summary.effect)


@pytest.mark.parametrize(
    ("low", "high", "at_most", "standing", "words"),
    [
        (0.6, 0.7, False, "met", "beyond it"),
        (0.3, 0.4, False, "missed", "short of it"),
        (0.4, 0.6, False, "open", "on both sides of it"),
        (0.6, 0.7, True, "missed", "beyond it"),
        (0.3, 0.5, True, "met", "within it"),
    ],
)
def test_of_an_effect_is_said_where_its_interval_lies_and_no_verdict(low, high, at_most, standing, words):
    over = EffectOverSeeds(Effect("x", 0.5, at_most), 0.5, low, high, 3)
    assert (over.standing, over.words) == (standing, f"this figure lies {words}")
    with_note = replace(over, effect=replace(over.effect, note="of each model's best layer"))
    assert with_note.words == f"this figure lies {words} (of each model's best layer)"
    assert not any(verdict in str(over) for verdict in ("holds", "fails", "inconclusive"))


def test_of_one_model_nothing_is_said_of_others():
    over = EffectOverSeeds(Effect("x", 0.5), 0.6, np.nan, np.nan, 1)
    assert (over.standing, over.words, str(over)) == ("not measured", "", "x 0.60 in one model")


def test_an_effect_just_short_of_what_is_asked_is_not_read_as_reaching_it():
    over = EffectOverSeeds(Effect("x", 0.5), 0.499, 0.3, 0.4996, 3)
    assert str(over) == "x 0.499 [0.30, 0.4996], at least 0.5 required; this figure lies short of it"
    assert str(Straddle("x", 0.4996, 0.9, 0.5)) == "x between 0.4996 and 0.90, threshold 0.50"


def test_no_claim_holds_in_no_model_and_over_all_of_them():
    """Rank correlation is a part of the rule of depth: it was called `holds` where 0 of 2 hold."""
    order = Effect("rank_correlation", 0.7)
    run = [replace(verdict("inconclusive"), figures={"rank_correlation": 1.0}, effect=order)]
    (summary,) = claims_over_runs([run, run], "input")
    assert str(summary) == "0 of 2, inconclusive in 2"
    assert str(summary.effect).endswith("at least 0.7 required; this figure lies beyond it")


def test_runs_from_before_effects_were_named_have_none():
    (summary,) = claims_over_runs([[verdict("holds", 0.9)]], "input")
    assert summary.effect is None


def test_what_no_run_measured_is_not_counted():
    (summary,) = claims_over_runs([[verdict("not measured")]], "input")
    assert (summary.n_judged, str(summary)) == (0, "not measured")
