"""A claim and how it is judged, whatever it is about.

A claim is words, a rule in words, the thresholds of that rule, and a judge that applies it. The rule has a
digest, so that a verdict can be told from one that another rule gave.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nucleate.claims.evidence import Evidence, Table
from nucleate.claims.verdicts import (
    STANDINGS,
    ClaimVerdict,
    Effect,
    Standing,
    Straddle,
    Verdict,
    interval_between,
)
from nucleate.display_names import two_decimals


@dataclass(frozen=True)
class Asked:
    """One thing that a rule asks for: that a figure lies within bounds, by the whole of its interval.

    Attributes:
        what: is asked for, in words.
        figure: its name.
        low: lower end of its interval, NaN where there is none; of a figure without an error the figure.
        high: upper end.
        least: the least that is asked for.
        most: the most.
        is_strict: whether a bound itself does not do.
    """

    what: str
    figure: str
    low: float
    high: float
    least: float = -math.inf
    most: float = math.inf
    is_strict: bool = False

    @property
    def standing(self) -> Standing:
        """Whether the interval lies within the bounds, beyond one of them, or on both sides of one."""
        least, most = self._bounds
        if math.isnan(self.low) or math.isnan(self.high):
            return "not measured"
        if self.high < least or self.low > most:
            return "missed"
        return "met" if least <= self.low and self.high <= most else "open"

    @property
    def straddle(self) -> Straddle:
        """The bound that the interval lies on both sides of, where it is open."""
        bound = self.most if self.high > self._bounds[1] else self.least
        return Straddle(self.figure, float(self.low), float(self.high), float(bound))

    @property
    def words(self) -> str:
        """What leaves it unmet: its interval and the bound that this lies about, or wholly beyond."""
        if self.standing == "not measured":
            return f"no interval: {self.what}"
        if self.standing == "open":
            return str(self.straddle)
        if self.standing == "met":  # by its interval, and not by its value
            return self.what
        is_below = self.high < self._bounds[0]
        bound, side = (self.least, "above") if is_below else (self.most, "below")
        between = interval_between(self.figure, self.low, self.high, bound)
        return f"{between}, nowhere {side} {two_decimals(bound)}"

    @property
    def _bounds(self) -> tuple[float, float]:
        """The least and the most that do."""
        if not self.is_strict:
            return self.least, self.most
        return math.nextafter(self.least, math.inf), math.nextafter(self.most, -math.inf)


@dataclass(frozen=True)
class Judgment:
    """What a judge says: the verdict, its figures, the strongest control.

    `lacking` says what is not met or not measured; where the data cannot tell, `straddles` says which
    intervals leave it open, and `lacking` also what else does.
    """

    verdict: Verdict
    figures: dict[str, float]
    control: str = ""
    lacking: str = ""
    straddles: tuple[Straddle, ...] = ()

    @classmethod
    def by_intervals(cls, asked: Sequence[Asked], figures: dict[str, float], control: str = "") -> Judgment:
        """Of a rule that asks for several things: it holds where all are met, and fails where one is missed.

        Where an interval is missing nothing was measured: a figure alone is never sure.
        """
        by_standing = {standing: [one for one in asked if one.standing == standing] for standing in STANDINGS}
        if unknown := by_standing["not measured"]:
            return cls.unmeasured(f"no interval: {', '.join(one.what for one in unknown)}")
        if missed := by_standing["missed"]:
            return cls("fails", figures, control, ", ".join(one.what for one in missed))
        return cls.open_at([one.straddle for one in by_standing["open"]], figures, control)

    @classmethod
    def unmeasured(cls, why: str) -> Judgment:
        """Where there are tables, but not what the rule needs of them."""
        return cls("not measured", {}, lacking=why)

    @classmethod
    def told(
        cls,
        *,
        holds: bool,
        fails: bool,
        figures: dict[str, float],
        control: str,
        unmet: Sequence[Asked],
    ) -> Judgment:
        """Of a rule that says itself what fails: it is open where the figures say neither.

        Args:
            holds: whether all is met that is asked for.
            fails: whether so much is ruled out that the rule fails by it.
            figures: the numbers that the verdict rests on.
            control: the strongest control.
            unmet: what is asked for and not met. One whose interval lies wholly beyond its bound leaves the
                verdict open too, where the rule fails by another bound.
        """
        if fails or holds:
            return cls("fails" if fails else "holds", figures, control)
        open_ = tuple(one.straddle for one in unmet if one.standing == "open")
        return cls("inconclusive", figures, control, "; ".join(one.words for one in unmet), open_)

    @classmethod
    def open_at(cls, straddles: Sequence[Straddle], figures: dict[str, float], control: str) -> Judgment:
        """Of a rule that fails by any interval beyond its bound: it holds where none leaves it open."""
        verdict: Verdict = "inconclusive" if straddles else "holds"
        return cls(verdict, figures, control, "; ".join(map(str, straddles)), tuple(straddles))


@dataclass(frozen=True)
class Claim:
    """A claim and how it is judged.

    Attributes:
        name: short.
        words: the claim as its authors make it.
        rule: what is tested, with thresholds; `docs/method.md` repeats it word for word.
        judge: applies the rule; None where there is nothing at all to apply it to.
        thresholds: of the rule, by the names that they have in the code.
        version: raised where a judge changes and neither its words nor its thresholds do.
        rests_on: the table that it is judged on, and at whose positions.
        effect: the figure that is averaged over models, with what the rule asks of it.
    """

    name: str
    words: str
    rule: str
    judge: Callable[[Evidence], Judgment | None]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    version: int = 1
    rests_on: Table = "scores"
    effect: Effect | None = None

    @property
    def rule_digest(self) -> str:
        """SHA-256 of name, rule, thresholds and version."""
        said = [self.name, self.rule, dict(self.thresholds), self.version]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def verdict(self, evidence: Evidence) -> ClaimVerdict:
        """The claim at the evidence's position."""
        about = (self.name, self.words, self.rule, evidence.view.position)
        judged = self.judge(evidence) or Judgment("not measured", {})
        return ClaimVerdict(
            *about,
            judged.verdict,
            {name: float(value) for name, value in judged.figures.items()},
            judged.control,
            judged.lacking,
            judged.straddles,
            self.rule_digest,
            self.effect,
        )
