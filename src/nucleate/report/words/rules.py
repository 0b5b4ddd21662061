"""What each rule asks for, test by test: a figure with its interval, beside its threshold.

A verdict says whether a rule is met; a reader wants to see by how much. This module hides which figures of
a verdict belong to which test of its rule. Thresholds are those of the claims, never copies of them. A
verdict that another version of its rule gave has no tests here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from nucleate.claims.agreement import (
    HIGH,
    LEAST_RANK_CORRELATION,
    LEAST_SHARE_OF_TRAIN,
    MOST_CHANGE,
    MOST_CHANGE_SHARE,
    MOST_LATE_PACE,
    SOMETHING_TO_FOLLOW,
)
from nucleate.claims.causes import LEAST_AUROC, LEAST_FLIP, LEAST_ODDS_RATIO
from nucleate.claims.judging import CLAIMS
from nucleate.claims.verdicts import ClaimVerdict

Figures = Mapping[str, float]
State = Literal["met", "not met", "open"]


@dataclass(frozen=True)
class RuleTest:
    """One thing that a rule asks for.

    Attributes:
        what: the figure, in words.
        value: of the figure.
        threshold: what it is held against.
        is_least: whether the threshold is the least that is asked for; else it is the most.
        low: lower end of the interval, where there is one.
        high: upper end.
        state: whether it is met; `open` where an interval lies on both sides.
        is_strict: whether the threshold itself does not do.
    """

    what: str
    value: float
    threshold: float
    is_least: bool = True
    low: float | None = None
    high: float | None = None
    state: State = "not met"
    is_strict: bool = False

    @property
    def asked(self) -> str:
        """The threshold in words."""
        words = "more than" if self.is_strict else "at least" if self.is_least else "at most"
        return f"{words} {self.threshold:.2f} required"

    @property
    def said(self) -> str:
        """The figure as it is read."""
        return f"{self.value:z.2f}".replace("-", "−")

    @property
    def missed_by(self) -> str:
        """What it is, and by how much that misses the threshold."""
        by, words = abs(self.value - self.threshold), "short of" if self.is_least else "over"
        if self.value <= self.threshold and not self.is_least:
            over = f"{self.high:.2f} at the upper end of its interval, over {self.threshold:.2f}"
            return f"{self.what} {self.said}, {over}"
        return f"{self.what} {self.said}, {by:.2f} {words} {self.threshold:.2f}"

    def places(self) -> dict[str, float]:
        """Where bar, interval and threshold stand on a line from 0 to 100."""
        ends = [end for end in (self.value, self.low, self.high, self.threshold, 0.0) if end is not None]
        least, most = min(-0.02, *ends), max(1.0, *ends)
        across = {"zero": 0.0, "value": self.value, "threshold": self.threshold}
        across |= {"low": self.value if self.low is None else self.low}
        across |= {"high": self.value if self.high is None else self.high}
        return {name: round(100 * (at - least) / (most - least), 2) for name, at in across.items()}


def rule_tests(claim: ClaimVerdict) -> list[RuleTest]:
    """The tests of a claim's rule, in the rule's order.

    Empty where it was not judged, or by another version of the rule.
    """
    rules = {one.name: one.rule_digest for one in CLAIMS}
    if not claim.figures or claim.rule_digest != rules.get(claim.claim):
        return []
    return [_settled(test, claim) for test in _TESTS[claim.claim](claim.figures)]


def not_met(claim: ClaimVerdict) -> list[RuleTest]:
    """The tests that the claim fails, or that cannot be told."""
    return [test for test in rule_tests(claim) if test.state != "met"]


def _settled(test: RuleTest, claim: ClaimVerdict) -> RuleTest:
    """What is not met where the verdict is inconclusive is open: it may be met after all."""
    is_open = test.state == "not met" and claim.verdict == "inconclusive"
    return replace(test, state="open") if is_open else test


def _test(
    what: str,
    value: float,
    threshold: float,
    *,
    least: bool = True,
    low: float | None = None,
    high: float | None = None,
) -> RuleTest:
    is_met = value >= threshold if least else value <= threshold
    return RuleTest(what, value, threshold, least, low, high, "met" if is_met else "not met")


def _above(what: str, low: float, level: float = 0.0) -> RuleTest:
    """A lower end that must lie above a level, and not only on it."""
    return RuleTest(what, low, level, state="met" if low > level else "not met", is_strict=True)


def _of_emergence(figures: Figures) -> Iterator[RuleTest]:
    yield _test("agreement above the strongest control", figures["excess"], HIGH)
    yield _above("its lower end above all controls", figures["excess_low"])
    low, high = figures["late_gain_low"], figures["late_gain_high"]
    gain, most = figures["late_gain"], MOST_LATE_PACE * figures["highest"] / 3
    if gain < 0:
        low, high, gain = -high, -low, -gain
    words = "fall" if figures["late_gain"] < 0 else "gain"
    is_level, is_surely_not = max(-low, high) <= most, max(low, -high) > most
    state: State = "met" if is_level else "not met" if is_surely_not else "open"
    yield RuleTest(f"{words} over the last third of training", gain, most, False, low, high, state)


def _of_depth(figures: Figures) -> Iterator[RuleTest]:
    yield _test("rank correlation with depth", figures["rank_correlation"], LEAST_RANK_CORRELATION)
    level = max(0.0, figures["layer_0_excess_high"])
    yield _above(
        "lower end of the top layer's excess, against layer 0's upper end", figures["top_excess_low"], level
    )


def _of_baseline(figures: Figures) -> Iterator[RuleTest]:
    most = max(MOST_CHANGE, MOST_CHANGE_SHARE * figures["change_at_top"])
    yield _test("layer 0 moved by", figures["change_at_layer_0"], most, least=False)


def _of_generalisation(figures: Figures) -> Iterator[RuleTest]:
    others: tuple[str, ...]
    if "size_matched" in figures:
        base, others, words = (
            "size_matched",
            ("unseen_instruction",),
            "agreement on as many trained instructions",
        )
    else:
        base, words = "train", "agreement on train"
        others = tuple(name for name in figures if f"{name}_low" in figures)
    yield _test(f"{words} above the strongest control", figures[base], SOMETHING_TO_FOLLOW)
    least = LEAST_SHARE_OF_TRAIN * figures[base]
    for name in others[:1]:
        yield _test(f"agreement on {_split(name)} above the strongest control", figures[name], least)
    for name in others:
        if f"{name}_low" in figures:
            yield _above(f"its lower end on {_split(name)} above all controls", figures[f"{name}_low"])


def _split(name: str) -> str:
    """A split in words; those of what was never trained on are many."""
    return f"{name.replace('_', ' ')}s" if name.startswith("unseen") else name.replace("_", " ")


def _of_realistic(figures: Figures) -> Iterator[RuleTest]:
    yield _test("upper layers above the strongest control", figures["upper_third_excess"], HIGH)
    yield _above("lower end of their intervals", figures["upper_third_excess_low"])
    yield _test("rank correlation with depth", figures["rank_correlation"], LEAST_RANK_CORRELATION)


def _of_unseen(figures: Figures) -> Iterator[RuleTest]:
    low, high = figures["auroc_ci_low"], figures.get("auroc_ci_high")
    yield _test("AUROC for a right answer", figures["auroc"], LEAST_AUROC, low=low, high=high)
    bar = max(0.5, figures["shuffled_auroc_ci_high"])
    yield _above("its lower end, above shuffled centroids", low, bar)
    yield _above("lower end of the odds ratio's interval", figures["odds_ratio_ci_low"], 1.0)
    if "odds_ratio_ci_high" in figures:
        most = figures["odds_ratio_ci_high"]
        yield _test("upper end of the odds ratio's interval", most, LEAST_ODDS_RATIO)


def _of_causal(figures: Figures) -> Iterator[RuleTest]:
    low, high = figures["excess_ci_low"], figures["excess_ci_high"]
    at = f"layer {figures['layer']:.0f}: answers flipped, above the strongest control"
    yield _test(at, figures["excess"], LEAST_FLIP, low=low, high=high)
    yield _above("its lower end", low)


_TESTS: Mapping[str, Callable[[Figures], Iterator[RuleTest]]] = {
    "emergence": _of_emergence,
    "depth": _of_depth,
    "baseline": _of_baseline,
    "generalisation": _of_generalisation,
    "realistic": _of_realistic,
    "unseen": _of_unseen,
    "causal": _of_causal,
}
