"""What is said of a claim: the four verdicts, `claims.json`, and several runs together.

`inconclusive` is a verdict of its own: there is data, and an interval lies on both sides of what the rule
asks for, or of what it fails by. Where there is no data, nothing was measured. A verdict is of one model;
what another seed would give is said by the interval between seeds. This module hides the file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from nucleate.display_names import interval_words, two_decimals
from nucleate.metrics.ranges import within_range
from nucleate.resampling.intervals import between_seeds

Verdict = Literal["holds", "fails", "inconclusive", "not measured"]
Standing = Literal["met", "missed", "open", "not measured"]
"""Where a figure's interval lies: on the side that is asked for, on the other, on both; or there is none."""
STANDINGS: tuple[Standing, ...] = get_args(Standing)


@dataclass(frozen=True)
class Straddle:
    """An interval that leaves open whether a figure passes what a rule asks of it.

    Attributes:
        figure: its name.
        low: lower end of its interval.
        high: upper end.
        threshold: what is asked for.
    """

    figure: str
    low: float
    high: float
    threshold: float

    def __str__(self) -> str:
        between = interval_between(self.figure, self.low, self.high, self.threshold)
        return f"{between}, threshold {two_decimals(self.threshold)}"


def interval_between(figure: str, low: float, high: float, threshold: float) -> str:
    """The interval of a figure in words, its ends told from a threshold."""
    ends = (two_decimals(end, threshold) for end in (low, high))
    return f"{figure.replace('_', ' ')} between {' and '.join(ends)}"


@dataclass(frozen=True)
class Effect:
    """The one figure that says how far a claim goes, and what its rule asks of it.

    Attributes:
        figure: its name among the figures of the verdict.
        threshold: what is asked for.
        at_most: whether it is to stay below, and not to reach it.
        note: what must be known to read its mean over models; may be empty.
    """

    figure: str
    threshold: float
    at_most: bool = False
    note: str = ""

    def __str__(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.threshold:g}"


@dataclass(frozen=True)
class EffectOverSeeds:
    """An effect's mean over models, and the interval that says what other seeds would give.

    Attributes:
        effect: which figure, and what is asked of it.
        mean: over the models in which it was measured.
        low: lower end of the 95 % interval of the mean between seeds; NaN for one model.
        high: upper end.
        n: models.
    """

    effect: Effect
    mean: float
    low: float
    high: float
    n: int

    @property
    def standing(self) -> Standing:
        """Of this figure alone, which is no verdict: a rule may ask for more than it."""
        if not np.isfinite(self.low):
            return "not measured"
        sides = [(end <= self.effect.threshold) == self.effect.at_most for end in (self.low, self.high)]
        return "met" if all(sides) else "open" if any(sides) else "missed"

    @property
    def numbers(self) -> str:
        """Its mean, and its interval where there is one, each told from what is asked for."""
        mean = two_decimals(self.mean, self.effect.threshold)
        if self.standing == "not measured":
            return f"{mean} in one model"
        return f"{mean} {interval_words(self.low, self.high, self.effect.threshold)}"

    @property
    def words(self) -> str:
        """Where its interval lies; empty for one model."""
        at_least, at_most = ("beyond it", "short of it"), ("within it", "beyond it")
        met, missed = at_most if self.effect.at_most else at_least
        where = {"met": met, "missed": missed, "open": "on both sides of it", "not measured": ""}
        said = where[self.standing]
        note = f" ({self.effect.note})" if self.effect.note else ""
        return f"this figure lies {said}{note}" if said else ""

    def __str__(self) -> str:
        said = f"{self.effect.figure.replace('_', ' ')} {self.numbers}"
        return f"{said}, {self.effect} required; {self.words}" if self.words else said


@dataclass(frozen=True)
class ClaimVerdict:
    """One claim at one position.

    Attributes:
        claim: short name.
        words: the claim as the papers make it.
        rule: what is tested, with thresholds.
        position: where.
        verdict: whether it holds there.
        figures: the numbers that it rests on.
        control: the strongest control, empty where the rule needs none.
        lacking: what of the rule is not met or cannot be told, or why nothing was measured and what to add;
            empty where it holds.
        straddles: where it cannot be told, the intervals and what they lie about; none where it is left open
            by an interval wholly beyond a bound, by which the rule does not fail.
        rule_digest: of the rule, its thresholds and its version: another digest is another rule.
        effect: which of the figures says how far the claim goes; None where no one does.
    """

    claim: str
    words: str
    rule: str
    position: str
    verdict: Verdict
    figures: dict[str, float]
    control: str = ""
    lacking: str = ""
    straddles: tuple[Straddle, ...] = ()
    rule_digest: str = ""
    effect: Effect | None = None


@dataclass(frozen=True)
class ClaimOverRuns:
    """One claim at one position in several runs.

    Attributes:
        claim: short name.
        words: the claim as the papers make it.
        n_holds: in how many runs it holds.
        n_inconclusive: in how many it cannot be told.
        n_judged: in how many it was measured.
        figures: mean, lowest and highest of every number that it rests on.
        effect: the mean effect with its interval between seeds; None where none was measured.
    """

    claim: str
    words: str
    n_holds: int
    n_inconclusive: int
    n_judged: int
    figures: dict[str, tuple[float, float, float]]
    effect: EffectOverSeeds | None = None

    def __str__(self) -> str:
        if not self.n_judged:
            return "not measured"
        open_in = f", inconclusive in {self.n_inconclusive}" if self.n_inconclusive else ""
        return f"{self.n_holds} of {self.n_judged}{open_in}"


def claims_over_runs(runs: Sequence[Sequence[ClaimVerdict]], position: str) -> list[ClaimOverRuns]:
    """What several runs say together of each claim at one position."""
    verdicts = [one for run in runs for one in run if one.position == position]
    by_claim = {one.claim: [other for other in verdicts if other.claim == one.claim] for one in verdicts}
    return [_over_runs(together) for together in by_claim.values()]


def _over_runs(verdicts: Sequence[ClaimVerdict]) -> ClaimOverRuns:
    judged = [one for one in verdicts if one.verdict != "not measured"]
    count = Counter(one.verdict for one in judged)
    names = dict.fromkeys(name for one in judged for name in one.figures)
    numbers = {name: np.array([one.figures[name] for one in judged if name in one.figures]) for name in names}
    return ClaimOverRuns(
        verdicts[0].claim,
        verdicts[0].words,
        n_holds=count["holds"],
        n_inconclusive=count["inconclusive"],
        n_judged=len(judged),
        figures={name: _mean_and_range(one) for name, one in numbers.items()},
        effect=_effect_over_seeds(judged),
    )


def _mean_and_range(numbers: np.ndarray) -> tuple[float, float, float]:
    """Of those that are numbers; NaN where none is."""
    there = numbers[~np.isnan(numbers)]
    if not len(there):
        return float("nan"), float("nan"), float("nan")
    return float(there.mean()), float(there.min()), float(there.max())


def _effect_over_seeds(judged: Sequence[ClaimVerdict]) -> EffectOverSeeds | None:
    effect = next((one.effect for one in judged if one.effect), None)
    if effect is None:
        return None
    found = np.array([one.figures[effect.figure] for one in judged if effect.figure in one.figures])
    if not len(found):
        return None
    mean, *ends = between_seeds(found)
    return EffectOverSeeds(effect, mean, *within_range(effect.figure, (ends[0], ends[1])), len(found))


def write_claims(verdicts: Sequence[ClaimVerdict], path: Path) -> None:
    """Write `claims.json`."""
    path.write_text(json.dumps([asdict(verdict) for verdict in verdicts], indent=2) + "\n", encoding="utf-8")


def read_claims(path: Path) -> list[ClaimVerdict]:
    """Read `claims.json`."""
    return [_from_json(verdict) for verdict in json.loads(path.read_text(encoding="utf-8"))]


def _from_json(verdict: dict[str, Any]) -> ClaimVerdict:
    straddles = tuple(Straddle(**one) for one in verdict.pop("straddles", ()))
    effect = verdict.pop("effect", None)
    return ClaimVerdict(**verdict, straddles=straddles, effect=Effect(**effect) if effect else None)
