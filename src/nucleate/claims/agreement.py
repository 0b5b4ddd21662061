"""The papers' claims as verdicts over Scores.

A claim is words, a rule in words, and a judge that applies the rule; `CLAIMS` lists them, and a claim more
is an entry more. The rules' thresholds stand beside the code, so that a reader can disagree with a rule
and still trust the figures. Agreement is judged by what it has over the strongest of its controls, never
as it is. A claim is judged at every position; the run's own (`claims.position`) is the one that
`nucleate verify` stands by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from nucleate.claims.settings import ClaimSettings
from nucleate.scores import Scores
from nucleate.scoring.emergence import excess, late, late_gain

Verdict = Literal["holds", "fails", "not measured"]

HIGH = 0.5
"""Excess that counts as high: half of the way from no agreement to full agreement."""
MOST_LATE_PACE = 0.5
"""Saturated: over the last third the excess gains or loses at most this share of what a steady climb to its
highest would. Noise of 0.05 in each of three checkpoints alone gives a pace of 0.2, so less is no test."""
LEAST_RANK_CORRELATION = 0.7
"""Higher layers agree better where Spearman's correlation of layer with excess is at least this."""
MOST_CHANGE, MOST_CHANGE_SHARE = 0.1, 0.25
"""Layer 0 hardly changes where it moves by at most this, or by this share of the top layer's change."""
SOMETHING_TO_FOLLOW = 0.2
"""Least excess on train for which it makes sense to ask whether held-out splits follow."""
LEAST_SHARE_OF_TRAIN = 0.75
"""Validation follows train where its excess is at least this share of train's."""


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
        lacking: what of a rule about agreement is not met, in words; empty where it holds.
    """

    claim: str
    words: str
    rule: str
    position: str
    verdict: Verdict
    figures: dict[str, float]
    control: str = ""
    lacking: str = ""


@dataclass(frozen=True)
class Evidence:
    """What a judge has before it: the scores of one run, the position in question, and where to look."""

    scores: Scores
    position: str
    settings: ClaimSettings

    @cached_property
    def layers(self) -> dict[str, pd.DataFrame]:
        """Agreement by split: a row per layer, for splits with two steps or more.

        Means over the last third of training: `value`, `excess`, `excess_low`, `excess_high`,
        `control_value`; over all of it: `highest` excess, `change`, the furthest from the first value; and
        `late_gain`, and `control`, the strongest at the last step.
        """
        chosen = {"factor": self.settings.factor, "preparation": self.settings.preparation}
        scores = self.scores.where(metric="ari", method="kmeans", position=self.position, **chosen)
        figures = excess(scores).dropna(subset=["layer", "excess"])
        return {
            str(split): pd.DataFrame(
                {int(curve["layer"].iloc[0]): _summary(curve) for _, curve in part.groupby("layer")}
            ).T
            for split, part in figures.groupby("split")
            if part["step"].nunique() > 1
        }


@dataclass(frozen=True)
class Judgement:
    """What a judge says where there is data to judge: the verdict, its figures, the strongest control.

    Where the data cannot tell, `holds` is None, and the figures show how far they go.
    """

    holds: bool | None
    figures: dict[str, float]
    control: str = ""
    lacking: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, bool], figures: dict[str, float], control: str = "") -> Judgement:
        """Of a rule that asks for several things, by their names in words: it holds where all are met."""
        lacking = [name for name, met in asked.items() if not met]
        return cls(not lacking, figures, control, ", ".join(lacking))


@dataclass(frozen=True)
class Claim:
    """A claim and how it is judged.

    Attributes:
        name: short.
        words: the claim as its authors make it.
        rule: what is tested, with thresholds; `docs/method.md` repeats it word for word.
        judge: applies the rule; None where the scores have no data for it.
    """

    name: str
    words: str
    rule: str
    judge: Callable[[Evidence], Judgement | None]


def _summary(curve: pd.DataFrame) -> pd.Series:
    steps, over = curve["step"].to_numpy(float), curve["excess"].to_numpy()
    means = curve.loc[late(steps), ["value", "excess", "excess_low", "excess_high", "control_value"]].mean()
    change = (curve["value"] - curve["value"].iloc[0]).abs().max()
    others = {"highest": over.max(), "change": change, "late_gain": late_gain(steps, over)}
    return pd.Series({**means, **others, "control": curve["control"].iloc[-1]})


def _emerges(evidence: Evidence) -> Judgement | None:
    if "validation" not in evidence.layers:
        return None
    top = evidence.layers["validation"].iloc[-1]
    if np.isnan(top["late_gain"]):
        return None  # one checkpoint tells of a height, and of no saturation
    columns = ("value", "control_value", "excess", "excess_low", "highest", "late_gain")
    is_high = top["excess"] >= HIGH and top["excess_low"] > 0
    is_saturated = abs(top["late_gain"]) <= MOST_LATE_PACE * top["highest"] / 3
    asked = {"a high value": is_high, "level over the last third": is_saturated}
    return Judgement.of(asked, {name: top[name] for name in columns}, top["control"])


def _higher_layers_agree_better(evidence: Evidence) -> Judgement | None:
    layers = evidence.layers.get("validation")
    if layers is None or len(layers) < 2:
        return None
    bottom, top = layers.iloc[0], layers.iloc[-1]
    figures = {
        "rank_correlation": _rank_correlation(layers["excess"]),
        "layer_0_excess": bottom["excess"],
        "layer_0_excess_high": bottom["excess_high"],
        "top_excess": top["excess"],
        "top_excess_low": top["excess_low"],
    }
    is_ordered = figures["rank_correlation"] >= LEAST_RANK_CORRELATION
    is_apart = top["excess_low"] > max(0.0, bottom["excess_high"])
    asked = {"layers in order": is_ordered, "the top above layer 0 and controls": is_apart}
    return Judgement.of(asked, figures, top["control"])


def _rank_correlation(by_layer: pd.Series) -> float:
    """Spearman's, of layers with values: 0 where all values are one, which says nothing of layers."""
    ranks = by_layer.astype(float).rank().to_numpy()
    if np.ptp(ranks) == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(ranks)), ranks)[0, 1])


def _layer_0_hardly_changes(evidence: Evidence) -> Judgement | None:
    layers = evidence.layers.get("validation")
    if layers is None or 0 not in layers.index:
        return None
    bottom, top = layers.loc[0], layers.iloc[-1]
    figures = {
        "change_at_layer_0": bottom["change"],
        "change_at_top": top["change"],
        "excess_at_layer_0": bottom["excess"],
    }
    stands_still = bottom["change"] <= max(MOST_CHANGE, MOST_CHANGE_SHARE * top["change"])
    return Judgement.of({"layer 0 as it was": stands_still}, figures)


def _held_out_follows_train(evidence: Evidence) -> Judgement | None:
    if not {"train", "validation"} <= set(evidence.layers):
        return None
    splits = [split for split in ("train", "validation", "unseen_instruction") if split in evidence.layers]
    tops = {split: evidence.layers[split].iloc[-1] for split in splits}
    over: dict[str, float] = {split: top["excess"] for split, top in tops.items()}
    is_something = over["train"] >= SOMETHING_TO_FOLLOW
    follows = over["train"] <= over["validation"] / LEAST_SHARE_OF_TRAIN
    # Few unseen instructions make poor clusters, so of them it is asked only to be sure, not to be as high.
    is_sure = all(top["excess_low"] > 0 for split, top in tops.items() if split != "train")
    asked = {
        "something on train to follow": is_something,
        "validation near train": follows,
        "held-out splits above controls": is_sure,
    }
    return Judgement.of(asked, over, tops["train"]["control"])


def _seen_in_a_pretrained_model(evidence: Evidence) -> Judgement | None:
    layers = evidence.layers.get("validation")
    if not evidence.settings.pretrained or layers is None or len(layers) < 3:
        return None
    lower, upper = layers.iloc[: len(layers) // 3], layers.iloc[-(len(layers) // 3) :]
    figures = {
        "upper_third_excess": upper["excess"].mean(),
        "upper_third_excess_low": upper["excess_low"].min(),
        "lower_third_excess": lower["excess"].mean(),
        "rank_correlation": _rank_correlation(layers["excess"]),
    }
    is_high = figures["upper_third_excess"] >= HIGH and figures["upper_third_excess_low"] > 0
    is_ordered = figures["rank_correlation"] >= LEAST_RANK_CORRELATION
    asked = {"a high value": is_high, "layers in order": is_ordered}
    return Judgement.of(asked, figures, upper["control"].iloc[-1])


CLAIMS: Sequence[Claim] = (
    Claim(
        "emergence",
        "Agreement with task identity rises during training until it saturates at a high value.",
        "top layer, validation, last third of training: mean excess over the strongest control at least "
        f"{HIGH}, interval above all controls, and a fitted line gains or loses at most {MOST_LATE_PACE} of "
        "what a steady climb to the highest excess would",
        _emerges,
    ),
    Claim(
        "depth",
        "Higher layers agree better than lower ones.",
        "validation, last third: rank correlation of layer with excess over the strongest control at least "
        f"{LEAST_RANK_CORRELATION}, top layer's interval above all controls and above layer 0's",
        _higher_layers_agree_better,
    ),
    Claim(
        "baseline",
        "Layer 0 hardly changes.",
        f"layer 0, validation: never further from its untrained agreement than {MOST_CHANGE}, or than "
        f"{MOST_CHANGE_SHARE} of the furthest that the top layer goes",
        _layer_0_hardly_changes,
    ),
    Claim(
        "generalisation",
        "Validation follows training.",
        f"top layer, last third: excess on train at least {SOMETHING_TO_FOLLOW}, on validation at least "
        f"{LEAST_SHARE_OF_TRAIN} of it; intervals of validation, and of unseen_instruction where scored, "
        "above all controls",
        _held_out_follows_train,
    ),
    Claim(
        "realistic",
        "The same is seen in a more realistic setting.",
        "a pretrained model trained on, validation, last third of that training: mean excess of the upper "
        "third of layers over the strongest control, the model as it was among them, at least "
        f"{HIGH}, all their intervals above all controls; rank correlation of layer with excess at least "
        f"{LEAST_RANK_CORRELATION}",
        _seen_in_a_pretrained_model,
    ),
)


def judge_claims(
    scores: Scores, settings: ClaimSettings, claims: Sequence[Claim] = CLAIMS
) -> list[ClaimVerdict]:
    """Every claim at every position of one run's scores; the run's own position comes first."""
    positions = scores.where(metric="ari", control="none", factor=settings.factor).values("position")
    ordered = dict.fromkeys((settings.position, *positions))
    evidence = [Evidence(scores, position, settings) for position in ordered]
    return [_judge(claim, one) for one in evidence for claim in claims]


@dataclass(frozen=True)
class ClaimOverRuns:
    """One claim at one position in several runs.

    Attributes:
        claim: short name.
        words: the claim as the papers make it.
        n_holds: in how many runs it holds.
        n_judged: in how many runs it was measured.
        figures: mean, lowest and highest of every number that it rests on.
    """

    claim: str
    words: str
    n_holds: int
    n_judged: int
    figures: dict[str, tuple[float, float, float]]


def claims_over_runs(runs: Sequence[Sequence[ClaimVerdict]], position: str) -> list[ClaimOverRuns]:
    """What several runs say together of each claim at one position."""
    verdicts = [one for run in runs for one in run if one.position == position]
    by_claim = {one.claim: [other for other in verdicts if other.claim == one.claim] for one in verdicts}
    return [_over_runs(together) for together in by_claim.values()]


def _over_runs(verdicts: Sequence[ClaimVerdict]) -> ClaimOverRuns:
    judged = [one for one in verdicts if one.verdict != "not measured"]
    table = pd.DataFrame([one.figures for one in judged])
    spread = {str(name): (numbers.mean(), numbers.min(), numbers.max()) for name, numbers in table.items()}
    n_holds = sum(one.verdict == "holds" for one in judged)
    return ClaimOverRuns(verdicts[0].claim, verdicts[0].words, n_holds, len(judged), spread)


def write_claims(verdicts: Sequence[ClaimVerdict], path: Path) -> None:
    """Write `claims.json`."""
    path.write_text(json.dumps([asdict(verdict) for verdict in verdicts], indent=2) + "\n", encoding="utf-8")


def read_claims(path: Path) -> list[ClaimVerdict]:
    """Read `claims.json`."""
    return [ClaimVerdict(**verdict) for verdict in json.loads(path.read_text(encoding="utf-8"))]


def _judge(claim: Claim, evidence: Evidence) -> ClaimVerdict:
    judgement, about = claim.judge(evidence), (claim.name, claim.words, claim.rule, evidence.position)
    if judgement is None:
        return ClaimVerdict(*about, "not measured", {})
    figures = {name: round(float(value), 4) for name, value in judgement.figures.items()}
    verdict: Verdict = "holds" if judgement.holds else "fails"
    return ClaimVerdict(*about, verdict, figures, judgement.control, judgement.lacking)
