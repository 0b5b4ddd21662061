"""A claim and how it is judged, whatever it is about.

A claim is words, a rule in words, the thresholds of that rule, and a judge that applies it. The rule has a
digest, so that a verdict can be told from one that another rule gave.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nucleate.claims.evidence import Evidence, Table
from nucleate.claims.verdicts import ClaimVerdict, Effect, Straddle, Verdict


@dataclass(frozen=True)
class Judgment:
    """What a judge says where there is data to judge: the verdict, its figures, the strongest control.

    Where the data cannot tell, `holds` is None, and `straddles` says which intervals leave it open.
    """

    holds: bool | None
    figures: dict[str, float]
    control: str = ""
    lacking: str = ""
    straddles: tuple[Straddle, ...] = ()

    @classmethod
    def of(cls, asked: Mapping[str, bool], figures: dict[str, float], control: str = "") -> Judgment:
        """Of a rule that asks for several things, by their names in words: it holds where all are met."""
        lacking = [name for name, met in asked.items() if not met]
        return cls(not lacking, figures, control, ", ".join(lacking))

    @classmethod
    def told(
        cls,
        *,
        holds: bool,
        fails: bool,
        figures: dict[str, float],
        control: str,
        straddles: Sequence[Straddle],
    ) -> Judgment:
        """Of a rule that asks for two things to be sure: it is open where the figures say neither.

        What surely lacks one thing asked for does not hold. `straddles` are those of the open case.
        """
        if fails or holds:
            return cls(not fails, figures, control)
        return cls(None, figures, control, "; ".join(map(str, straddles)), tuple(straddles))


@dataclass(frozen=True)
class Claim:
    """A claim and how it is judged.

    Attributes:
        name: short.
        words: the claim as its authors make it.
        rule: what is tested, with thresholds; `docs/method.md` repeats it word for word.
        judge: applies the rule; None where there is no data for it.
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
        judged = self.judge(evidence)
        if judged is None:
            return ClaimVerdict(*about, "not measured", {}, rule_digest=self.rule_digest, effect=self.effect)
        verdicts: dict[bool | None, Verdict] = {True: "holds", False: "fails", None: "inconclusive"}
        return ClaimVerdict(
            *about,
            verdicts[judged.holds],
            {name: round(float(value), 4) for name, value in judged.figures.items()},
            judged.control,
            judged.lacking,
            judged.straddles,
            self.rule_digest,
            self.effect,
        )
