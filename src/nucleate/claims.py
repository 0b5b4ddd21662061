"""The papers' claims as verdicts over Scores.

Each claim has a rule with thresholds, stated in words beside the code that judges it, so that a reader can
disagree with the rule and still trust the figures. A claim is judged at every position; the run's
own position (`claims.position`) is the one that `nucleate verify` stands by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from nucleate.config import Settings
from nucleate.scores import Scores

Verdict = Literal["holds", "fails", "not measured"]

LEAST_RISE = 0.2
"""Agreement must rise by at least this much over the untrained model to be called a rise."""
SATURATED = 0.1
"""Largest change of agreement over the last third of training that still counts as saturated."""
MOST_BASELINE_CHANGE = 0.15
"""Layer 0 hardly changes where it stays within this of its untrained agreement."""
LEAST_RANK_CORRELATION = 0.7
"""Higher layers agree better where Spearman's correlation of layer with agreement is at least this."""
MOST_SPLIT_GAP = 0.1
"""Validation follows training where their mean absolute difference over steps is at most this."""


class ClaimSettings(Settings):
    """Where the claims are judged."""

    position: str = "last_instruction"
    factor: str = "task"


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
    """

    claim: str
    words: str
    rule: str
    position: str
    verdict: Verdict
    figures: dict[str, float]


@dataclass(frozen=True)
class _Agreement:
    """Agreement at one position: a frame of steps by layers for each split, with interval ends."""

    train: pd.DataFrame
    validation: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame

    @property
    def top(self) -> int:
        return int(self.validation.columns.max())


Judge = Callable[[_Agreement], tuple[bool, dict[str, float]]]


def _rises(agreement: _Agreement) -> tuple[bool, dict[str, float]]:
    top = agreement.validation[agreement.top]
    steps = np.asarray(top.index)
    late = top[steps >= steps.max() * 2 / 3]
    low, untrained_high = agreement.low[agreement.top].iloc[-1], agreement.high[agreement.top].iloc[0]
    figures = {
        "untrained": top.iloc[0],
        "final": top.iloc[-1],
        "final_ci_low": low,
        "untrained_ci_high": untrained_high,
        "change_over_last_third": late.max() - late.min(),
    }
    rise = top.iloc[-1] - top.iloc[0] >= LEAST_RISE and low > untrained_high
    return rise and figures["change_over_last_third"] <= SATURATED, figures


def _higher_layers_agree_better(agreement: _Agreement) -> tuple[bool, dict[str, float]]:
    final = agreement.validation.iloc[-1]
    correlation = _rank_correlation(np.asarray(final.index, dtype=float), final.to_numpy())
    top_low, bottom_high = agreement.low[agreement.top].iloc[-1], agreement.high[0].iloc[-1]
    figures = {
        "rank_correlation": correlation,
        "layer_0": final[0],
        "top_layer": final[agreement.top],
        "layer_0_ci_high": bottom_high,
        "top_layer_ci_low": top_low,
    }
    return correlation >= LEAST_RANK_CORRELATION and top_low > bottom_high, figures


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's: 0 where one of them is constant, since it then says nothing of the other."""
    x_ranks, y_ranks = pd.Series(x).rank().to_numpy(), pd.Series(y).rank().to_numpy()
    if np.ptp(x_ranks) == 0 or np.ptp(y_ranks) == 0:
        return 0.0
    return float(np.corrcoef(x_ranks, y_ranks)[0, 1])


def _layer_0_hardly_changes(agreement: _Agreement) -> tuple[bool, dict[str, float]]:
    change = (agreement.validation - agreement.validation.iloc[0]).abs().max()
    figures = {"largest_change_at_layer_0": change[0], "largest_change_at_top_layer": change[agreement.top]}
    return bool(change[0] <= MOST_BASELINE_CHANGE), figures


def _validation_follows_training(agreement: _Agreement) -> tuple[bool, dict[str, float]]:
    train, validation = agreement.train[agreement.top], agreement.validation[agreement.top]
    figures = {
        "mean_difference": (train - validation).abs().mean(),
        "final_train": train.iloc[-1],
        "final_validation": validation.iloc[-1],
    }
    rises = bool(validation.iloc[-1] - validation.iloc[0] >= LEAST_RISE)
    return figures["mean_difference"] <= MOST_SPLIT_GAP and rises, figures


_CLAIMS: Sequence[tuple[str, str, str, Judge]] = (
    (
        "emergence",
        "Agreement with task identity rises during training until it saturates at a high value.",
        f"top layer, validation: at least {LEAST_RISE} above the untrained model, intervals apart, and "
        f"moves by at most {SATURATED} over the last third of training",
        _rises,
    ),
    (
        "depth",
        "Higher layers agree better than lower ones.",
        f"last step, validation: rank correlation of layer with agreement at least {LEAST_RANK_CORRELATION}, "
        "top layer's interval above layer 0's",
        _higher_layers_agree_better,
    ),
    (
        "baseline",
        "Layer 0 hardly changes.",
        f"layer 0, validation: never further than {MOST_BASELINE_CHANGE} from its untrained agreement",
        _layer_0_hardly_changes,
    ),
    (
        "generalisation",
        "Validation follows training.",
        f"top layer: train and validation differ by at most {MOST_SPLIT_GAP} in the mean over steps, and "
        f"validation rises by at least {LEAST_RISE}",
        _validation_follows_training,
    ),
)


def judge_claims(scores: Scores, settings: ClaimSettings) -> list[ClaimVerdict]:
    """Every claim at every position of the scores; the run's own position comes first."""
    agreement = scores.where(
        metric="ari", method="kmeans", control="none", preparation="raw", factor=settings.factor
    )
    others = [position for position in agreement.values("position") if position != settings.position]
    return [
        _judge(claim, position, _table(agreement.where(position=position)))
        for position in (settings.position, *others)
        for claim in _CLAIMS
    ]


def write_claims(verdicts: Sequence[ClaimVerdict], path: Path) -> None:
    """Write `claims.json`."""
    path.write_text(json.dumps([asdict(verdict) for verdict in verdicts], indent=2) + "\n", encoding="utf-8")


def read_claims(path: Path) -> list[ClaimVerdict]:
    """Read `claims.json`."""
    return [ClaimVerdict(**verdict) for verdict in json.loads(path.read_text(encoding="utf-8"))]


def _judge(claim: tuple[str, str, str, Judge], position: str, agreement: _Agreement | None) -> ClaimVerdict:
    name, words, rule, judge = claim
    if agreement is None:
        return ClaimVerdict(name, words, rule, position, "not measured", {})
    holds, figures = judge(agreement)
    rounded = {key: round(float(value), 4) for key, value in figures.items()}
    return ClaimVerdict(name, words, rule, position, "holds" if holds else "fails", rounded)


def _table(scores: Scores) -> _Agreement | None:
    """None where a split, or a second step to compare with, is missing."""
    frame = scores.to_pandas().dropna(subset=["layer"])
    if set(frame["split"]) < {"train", "validation"} or frame["step"].nunique() < 2:
        return None
    validation = frame[frame["split"] == "validation"]
    return _Agreement(
        train=_pivot(frame[frame["split"] == "train"], "value"),
        validation=_pivot(validation, "value"),
        low=_pivot(validation, "ci_low"),
        high=_pivot(validation, "ci_high"),
    )


def _pivot(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.pivot(index="step", columns="layer", values=column).sort_index()
