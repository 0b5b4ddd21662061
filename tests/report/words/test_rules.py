"""The tests of every rule are met where the claim holds, and not where it fails."""

from dataclasses import replace

import pytest

from nucleate.claims.agreement import HIGH
from nucleate.claims.evidence import Evidence
from nucleate.claims.judging import CLAIMS, judge_claims
from nucleate.claims.settings import ClaimSettings
from nucleate.claims.verdicts import ClaimVerdict
from nucleate.report.words.rules import not_met, rule_tests

DIGESTS = {one.name: one.rule_digest for one in CLAIMS}


def verdict_of(claim, verdict, **figures):
    return ClaimVerdict(claim, "w", "r", "input", verdict, figures, rule_digest=DIGESTS[claim])


LATE = {"highest": 0.6, "late_gain": 0.05, "late_gain_low": -0.02, "late_gain_high": 0.09}
HEIGHT = {"excess": 0.6, "excess_low": 0.52, "excess_high": 0.68}


def ends(name, low, value, high):
    return {name: value, f"{name}_low": low, f"{name}_high": high}


UNSEEN = {"auroc": 0.7, "auroc_ci_low": 0.62, "auroc_ci_high": 0.78, "shuffled_auroc_ci_high": 0.55,
          "odds_ratio": 1.5, "odds_ratio_ci_low": 1.05, "odds_ratio_ci_high": 1.85}  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "missed"),
    [
        (verdict_of("emergence", "holds", **HEIGHT, **LATE), []),
        (verdict_of("emergence", "fails", **ends("excess", 0.2, 0.3, 0.4), **LATE),
         ["agreement above the strongest control 0.30, 0.20 short of 0.50"]),
        (verdict_of("emergence", "inconclusive", **ends("excess", 0.4, 0.6, 0.7), **LATE),
         ["agreement above the strongest control 0.60, 0.40 at the lower end of its interval, short of 0.50"]),
        (verdict_of("emergence", "fails", **HEIGHT, highest=0.6, **ends("late_gain", -0.4, -0.3, -0.2)),
         ["fall over the last third of training 0.30, 0.20 over 0.10"]),
        (verdict_of("emergence", "inconclusive", **HEIGHT, **LATE | {"late_gain_high": 0.2}),
         ["gain over the last third of training 0.05, 0.20 at the upper end of its interval, over 0.10"]),
        (verdict_of("baseline", "fails", **ends("change_at_layer_0", 0.28, 0.3, 0.32), **ends("change_at_top", 0.7, 0.8, 0.9),
                    **ends("beyond_allowed_change", 0.05, 0.1, 0.14)),
         ["layer 0 moved by 0.30, 0.10 over 0.20"]),
        (verdict_of("depth", "fails", rank_correlation=0.9, **ends("layer_0_excess", 0.3, 0.4, 0.5), **ends("top_excess", 0.1, 0.2, 0.25)),
         ["top layer's excess above layer 0's −0.20, 0.20 short of 0.00"]),
        (verdict_of("generalisation", "fails", **ends("unseen_instruction", 0.2, 0.3, 0.4), **ends("size_matched", 0.7, 0.8, 0.9),
                    **ends("beyond_share_of_train", -0.4, -0.3, -0.2)),
         ["agreement on unseen instructions above the strongest control 0.30, 0.30 short of 0.60"]),
        (verdict_of("generalisation", "holds", **ends("train", 0.7, 0.8, 0.9), **ends("validation", 0.6, 0.7, 0.8),
                    **ends("beyond_share_of_train", 0.01, 0.1, 0.2)), []),
        (verdict_of("generalisation", "fails", **ends("train", 0.1, 0.25, 0.3), **ends("validation", -0.3, -0.2, -0.1),
                    **ends("beyond_share_of_train", -0.5, -0.39, -0.2)),
         ["agreement on validation above the strongest control −0.20, 0.39 short of 0.19",
          "that on validation at all −0.20, 0.20 short of 0.00",
          "agreement on train above the strongest control 0.25, 0.10 at the lower end of its interval, short of 0.20"]),
        (verdict_of("realistic", "inconclusive", rank_correlation=0.9, **ends("upper_third_excess", 0.45, 0.6, 0.7),
                    **ends("least_upper_excess", 0.1, 0.3, 0.4)),
         ["upper layers above the strongest control 0.60, 0.45 at the lower end of its interval, short of 0.50"]),
        (verdict_of("unseen", "holds", **UNSEEN, least_expected=3.0), []),
        (verdict_of("unseen", "fails", **UNSEEN, least_expected=6.0),
         ["upper end of the odds ratio's interval 1.85, 0.05 short of 1.90"]),
        (verdict_of("causal", "inconclusive", layer=2.0, excess=0.05, excess_ci_low=0.01, excess_ci_high=0.3),
         ["layer 2: answers flipped, above the strongest control 0.05, 0.05 short of 0.10"]),
    ],
)  # fmt: skip
def test_what_is_missed_and_by_how_much(claim, missed):
    found = not_met(claim)
    assert [one.missed_by for one in found] == [*missed]
    assert claim.verdict != "inconclusive" or {one.state for one in found} == {"open"}
    assert claim.verdict != "fails" or found[0].state == "not met"


@pytest.mark.parametrize("spread", [0.002, 0.02, 0.06, 0.5])
@pytest.mark.parametrize("position", ["input", "last_instruction"])
@pytest.mark.parametrize("share", [0.0, 0.6, 0.74, 1.0])
def test_tests_and_verdicts_of_planted_scores_say_the_same(planted_scores, spread, position, share):
    splits = ("train", "validation", "unseen_instruction")
    scores = planted_scores(
        lambda step, layer: 0.2 * layer * min(step / 60, 1.0),
        spread=spread, position=position, share=share, splits=splits,
    )  # fmt: skip
    settings = ClaimSettings(position=position, pretrained=True)
    assert_the_same(judge_claims(Evidence.of(scores, settings)))


def test_of_a_level_curve_below_its_controls_no_fall_is_asked_for(planted_scores):
    scores = planted_scores(lambda step, layer: 0.1, steps=(20, 50, 100, 150, 200), bag=0.3, spread=0.0)
    claims = judge_claims(Evidence.of(scores, ClaimSettings()))
    assert_the_same(claims)
    _, late = rule_tests(next(one for one in claims if one.claim == "emergence"))
    assert (late.state, late.asked) == ("met", "at most 0.00 required")


@pytest.mark.parametrize("beyond", [3e-5, -3e-5])
def test_a_test_and_its_verdict_say_the_same_however_near_the_threshold(planted_scores, beyond):
    """Figures of four decimals had the end on the threshold, and the page's test was met either way."""

    def judged(level):
        scores = planted_scores(lambda step, layer: level * min(step / 60, 1.0), spread=0.05)
        return judge_claims(Evidence.of(scores, ClaimSettings()))

    reached = judged(0.7)[0].figures["excess_low"]
    claims = judged(0.7 + HIGH + beyond - reached)
    assert claims[0].figures["excess_low"] == pytest.approx(HIGH + beyond, abs=1e-6)
    assert claims[0].verdict == ("holds" if beyond > 0 else "inconclusive")
    assert_the_same(claims)


def test_tests_and_verdicts_of_a_run_say_the_same(contents):
    assert_the_same(contents.claims)


def assert_the_same(claims):
    judged = [one for one in claims if one.verdict != "not measured"]
    assert judged
    for claim in judged:
        states = [one.state for one in rule_tests(claim)]
        assert states and (claim.verdict == "holds") == (set(states) == {"met"}), claim
        assert (claim.verdict == "fails") == ("not met" in states), claim


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
