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
    SOMETHING_TO_FOLLOW,
    most_late_gain,
)
from nucleate.claims.causes import LEAST_AUROC, LEAST_EXPECTED, LEAST_FLIP, LEAST_ODDS_RATIO
from nucleate.claims.claim import Asked
from nucleate.claims.judging import CLAIMS
from nucleate.claims.verdicts import ClaimVerdict, Standing
from nucleate.display_names import two_decimals

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
        return f"{words} {self._threshold} required"

    @property
    def said(self) -> str:
        """The figure as it is read."""
        return two_decimals(self.value, self.threshold).replace("-", "−")

    @property
    def missed_by(self) -> str:
        """What it is, and by how much it, or the end of its interval, misses the threshold."""
        at, words = f"{self.what} {self.said}", "short of" if self.is_least else "over"
        if (self.value < self.threshold) == self.is_least and self.value != self.threshold:
            return f"{at}, {two_decimals(abs(self.value - self.threshold))} {words} {self._threshold}"
        end, name = (self.low, "lower") if self.is_least else (self.high, "upper")
        near = self.value if end is None else end
        said = two_decimals(near, self.threshold)
        return f"{at}, {said} at the {name} end of its interval, {words} {self._threshold}"

    @property
    def _threshold(self) -> str:
        return two_decimals(self.threshold)

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
    """The tests that the claim fails, and then those that cannot be told."""
    return sorted((test for test in rule_tests(claim) if test.state != "met"), key=lambda one: one.state)


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


_STATES: Mapping[Standing, State] = {"met": "met", "missed": "not met"}


def _by_interval(
    what: str, figures: Figures, name: str, threshold: float, *, least: bool = True, strict: bool = False
) -> RuleTest:
    """A figure that is judged by its interval, as `Asked` has it."""
    return _of_ends(what, _ends_of(figures, name), threshold, least=least, strict=strict)


def _ends_of(figures: Figures, name: str) -> tuple[float, float, float]:
    """A figure and the ends of its interval."""
    return figures[name], figures[f"{name}_low"], figures[f"{name}_high"]


def _of_ends(
    what: str,
    ends: tuple[float, float, float],
    threshold: float,
    *,
    least: bool = True,
    strict: bool = False,
) -> RuleTest:
    value, low, high = ends
    bound = {"least" if least else "most": threshold}
    standing = Asked(what, "", low, high, **bound, is_strict=strict).standing
    return RuleTest(what, value, threshold, least, low, high, _STATES.get(standing, "open"), strict)


def _of_difference(what: str, figures: Figures, name: str, threshold: float, *, least: bool) -> RuleTest:
    """A figure that is judged by an interval of its difference to a threshold that has an error too.

    It is shown beside the threshold, with the errors of both.
    """
    ends = _ends_of(figures, name)
    state = _of_ends(what, ends, 0.0, least=least).state  # of sums the last bits may say another thing
    return RuleTest(
        what, threshold + ends[0], threshold, least, threshold + ends[1], threshold + ends[2], state
    )


def _of_emergence(figures: Figures) -> Iterator[RuleTest]:
    yield _by_interval("agreement above the strongest control", figures, "excess", HIGH)
    gain, low, high = _ends_of(figures, "late_gain")
    most = most_late_gain(figures["highest"])
    standing = Asked("", "late_gain", low, high, -most, most).standing
    words = "fall" if gain < 0 else "gain"
    if gain < 0:
        low, high, gain = -high, -low, -gain
    state = _STATES.get(standing, "open")
    yield RuleTest(f"{words} over the last third of training", gain, most, False, low, high, state)


def _of_depth(figures: Figures) -> Iterator[RuleTest]:
    yield _test("rank correlation with depth", figures["rank_correlation"], LEAST_RANK_CORRELATION)
    yield _by_interval("top layer above controls", figures, "top_excess", 0.0, strict=True)
    top, top_low, top_high = _ends_of(figures, "top_excess")
    bottom, bottom_low, bottom_high = _ends_of(figures, "layer_0_excess")
    apart = (top - bottom, top_low - bottom_high, top_high - bottom_low)
    yield _of_ends("top layer's excess above layer 0's", apart, 0.0, strict=True)


def _of_baseline(figures: Figures) -> Iterator[RuleTest]:
    yield _by_interval("top layer moved by", figures, "change_at_top", SOMETHING_TO_FOLLOW)
    most = max(MOST_CHANGE, MOST_CHANGE_SHARE * figures["change_at_top"])
    yield _of_difference("layer 0 moved by", figures, "beyond_allowed_change", most, least=False)


def _of_generalisation(figures: Figures) -> Iterator[RuleTest]:
    if "size_matched" in figures:
        base, words = "size_matched", "agreement on as many trained instructions"
        others = ["unseen_instruction"]
    else:
        base, words = "train", "agreement on train"
        splits = [name.removesuffix("_low") for name in figures if name.endswith("_low")]
        others = [name for name in splits if name not in ("train", "beyond_share_of_train")]
    yield _by_interval(f"{words} above the strongest control", figures, base, SOMETHING_TO_FOLLOW)
    least, what = LEAST_SHARE_OF_TRAIN * figures[base], f"agreement on {_split(others[0])}"
    yield _of_difference(
        f"{what} above the strongest control", figures, "beyond_share_of_train", least, least=True
    )
    for name in others:
        yield _by_interval(f"that on {_split(name)} at all", figures, name, 0.0, strict=True)


def _split(name: str) -> str:
    """A split in words; those of what was never trained on are many."""
    return f"{name.replace('_', ' ')}s" if name.startswith("unseen") else name.replace("_", " ")


def _of_realistic(figures: Figures) -> Iterator[RuleTest]:
    yield _by_interval("upper layers above the strongest control", figures, "upper_third_excess", HIGH)
    yield _by_interval("the lowest of them", figures, "least_upper_excess", 0.0, strict=True)
    yield _test("rank correlation with depth", figures["rank_correlation"], LEAST_RANK_CORRELATION)


def _of_unseen(figures: Figures) -> Iterator[RuleTest]:
    low, high = figures["auroc_ci_low"], figures.get("auroc_ci_high")
    yield _test("AUROC for a right answer", figures["auroc"], LEAST_AUROC, low=low, high=high)
    bar = max(0.5, figures["shuffled_auroc_ci_high"])
    yield _above("its lower end, above shuffled centroids", low, bar)
    yield _above("lower end of the odds ratio's interval", figures["odds_ratio_ci_low"], 1.0)
    if figures.get("least_expected", 0) >= LEAST_EXPECTED:  # with fewer the rule does not ask for it
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
