"""The tests of every rule are met where the claim holds, and not where it fails."""

from dataclasses import replace

import pytest

from nucleate.claims.judging import CLAIMS
from nucleate.claims.verdicts import ClaimVerdict
from nucleate.report.words.rules import not_met, rule_tests

DIGESTS = {one.name: one.rule_digest for one in CLAIMS}


def verdict_of(claim, verdict, **figures):
    return ClaimVerdict(claim, "w", "r", "input", verdict, figures, rule_digest=DIGESTS[claim])


LATE = {"highest": 0.6, "late_gain": 0.05, "late_gain_low": -0.02, "late_gain_high": 0.09}


@pytest.mark.parametrize(
    ("claim", "missed"),
    [
        (verdict_of("emergence", "holds", excess=0.6, excess_low=0.4, **LATE), []),
        (verdict_of("emergence", "fails", excess=0.3, excess_low=0.2, **LATE),
         ["agreement above the strongest control 0.30, 0.20 short of 0.50"]),
        (verdict_of("emergence", "fails", excess=0.6, excess_low=0.4, highest=0.6, late_gain=-0.3, late_gain_low=-0.4, late_gain_high=-0.2),
         ["fall over the last third of training 0.30, 0.20 over 0.10"]),
        (verdict_of("emergence", "inconclusive", excess=0.6, excess_low=0.4, **LATE | {"late_gain_high": 0.2}),
         ["gain over the last third of training 0.05, 0.20 at the upper end of its interval, over 0.10"]),
        (verdict_of("baseline", "fails", change_at_layer_0=0.3, change_at_top=0.8, excess_at_layer_0=0.0),
         ["layer 0 moved by 0.30, 0.10 over 0.20"]),
        (verdict_of("depth", "fails", rank_correlation=0.9, layer_0_excess=0.1, layer_0_excess_high=0.4, top_excess=0.5, top_excess_low=0.3),
         ["lower end of the top layer's excess, against layer 0's upper end 0.30, 0.10 short of 0.40"]),
        (verdict_of("generalisation", "fails", unseen_instruction=0.3, size_matched=0.8, unseen_instruction_low=0.1),
         ["agreement on unseen instructions above the strongest control 0.30, 0.30 short of 0.60"]),
        (verdict_of("generalisation", "holds", train=0.8, validation=0.7, validation_low=0.2), []),
        (verdict_of("causal", "inconclusive", layer=2.0, excess=0.05, excess_ci_low=0.01, excess_ci_high=0.3),
         ["layer 2: answers flipped, above the strongest control 0.05, 0.05 short of 0.10"]),
    ],
)  # fmt: skip
def test_what_is_missed_and_by_how_much(claim, missed):
    found = not_met(claim)
    assert [one.missed_by for one in found] == [*missed]
    assert {one.state for one in found} <= {"open" if claim.verdict == "inconclusive" else "not met"}


def test_tests_and_verdicts_of_a_run_say_the_same(contents):
    judged = [one for one in contents.claims if one.verdict != "not measured"]
    assert {one.verdict for one in judged} >= {"fails", "holds", "inconclusive"}
    for claim in judged:
        states = [one.state for one in rule_tests(claim)]
        assert states and (claim.verdict == "holds") == (set(states) == {"met"}), claim
        assert claim.verdict != "fails" or "not met" in states


def test_a_verdict_of_another_rule_has_no_tests(contents):
    claim = next(one for one in contents.claims if one.figures)
    assert rule_tests(claim) and not rule_tests(replace(claim, rule_digest="another"))
    assert not rule_tests(replace(claim, figures={}))


def test_a_bar_stands_where_its_numbers_are():
    (test, *_) = rule_tests(
        verdict_of("causal", "holds", layer=2.0, excess=0.4, excess_ci_low=0.2, excess_ci_high=0.6)
    )
    least = 0.02 / 1.02 * 100
    assert test.places() == pytest.approx(
        {"zero": least, "value": 100 * 0.42 / 1.02, "threshold": 100 * 0.12 / 1.02, "low": 100 * 0.22 / 1.02, "high": 100 * 0.62 / 1.02},
        abs=0.01,
    )  # fmt: skip
    assert (test.said, test.asked, test.state) == ("0.40", "at least 0.10 required", "met")
