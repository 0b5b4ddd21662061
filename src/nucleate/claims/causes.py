"""Two claims about what clusters are good for: `unseen` and `causal`.

They rest on tables of their own: what membership tells of unseen answers, and what answers do when
states are moved. An association that holds is still no cause. Both can be inconclusive: they fail only where
the data rule out as much as the rule asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nucleate.claims.claim import Asked, Claim, Judgment
from nucleate.claims.evidence import LEAST_ERRORS, Evidence, Row, at_last_step, hardest_split, rows_of
from nucleate.claims.verdicts import Effect
from nucleate.intervene.outcomes.effects import CONTROLS

if TYPE_CHECKING:
    import pandas as pd

LEAST_AUROC = 0.6
"""The margin must rank a right answer above a wrong one at least this often."""
LEAST_ODDS_RATIO = 1.9
"""The odds ratio that goes with that AUROC: where margins are normal, an AUROC of 0.6 is a standardized
difference of 0.36, and that is a logarithm of odds of 0.65 (Hasselblad and Hedges 1995)."""
LEAST_EXPECTED = 5
"""Instances that independence must put into each of the four cells (Cochran 1954)."""
LEAST_FLIP = 0.1
"""Moving the centroid must turn at least this share of answers into those of the other task."""


def flips_above_controls(
    effects: pd.DataFrame, position: str, intervention: str = "shift", metric: str = "excess"
) -> pd.DataFrame:
    """Per site, in the table's order, what an intervention at strength 1 does beyond its strongest control.

    Args:
        effects: of one step.
        position: where.
        intervention: `shift`, `replace` or `interchange`.
        metric: `excess`, or `added` for what a token adds to the others.

    Returns: index `site`; `layer`, `value`, `ci_low`, `ci_high`, and `works`: whether it is as much as
        `LEAST_FLIP` with an interval above 0.
    """
    here = effects[(effects["position"] == position) & (effects["intervention"] == intervention)]
    here = here[(here["metric"] == metric) & (here["strength"] == 1.0)].set_index("site")
    table = here[["layer", "value", "ci_low", "ci_high"]].copy()
    table["works"] = (table["value"] >= LEAST_FLIP) & (table["ci_low"] > 0)
    return table


def _judge_causal(evidence: Evidence) -> Judgment:
    if evidence.effects is None:
        why = evidence.left_out.get("intervene", "`nucleate intervene` moves those of a model that is there")
        return Judgment.unmeasured(f"no states were moved: {why}")
    last, position = at_last_step(evidence.effects), evidence.view.position
    table = flips_above_controls(last, position).dropna(subset=["layer"])
    if not len(table):
        return Judgment.unmeasured(f"no states were moved at {position}")
    n_works = int(table["works"].sum())
    best = table.sort_values(["works", "value"]).iloc[-1]
    control = _strongest_control(last, position, str(best.name))
    figures = {
        "layer": float(best["layer"]),
        "becomes_b": best["value"] + control["value"],
        "strongest_control": control["value"],
        "excess": best["value"],
        "excess_ci_low": best["ci_low"],
        "excess_ci_high": best["ci_high"],
        "layers_that_work": float(n_works),
    }
    return Judgment.told(
        holds=n_works > 0,
        fails=bool((table["ci_high"] < LEAST_FLIP).all()),
        figures=figures,
        control=str(control["control"]),
        unmet=[_open_flip(table)],
    )


def _open_flip(table: pd.DataFrame) -> Asked:
    """Of the layer that could still work by most: whether it is enough, or whether it is anything."""
    most = table.sort_values("ci_high").iloc[-1]
    is_little = bool(most["value"] < LEAST_FLIP)
    words = f"excess_at_layer_{int(most['layer'])}"
    ends = float(most["ci_low"]), float(most["ci_high"])
    if is_little:
        return Asked("answers flipped enough", words, *ends, LEAST_FLIP)
    return Asked("answers flipped at all", words, *ends, 0.0, is_strict=True)


def _strongest_control(last: pd.DataFrame, position: str, site: str) -> pd.Series:
    here = last[(last["position"] == position) & (last["site"] == site) & (last["strength"] == 1.0)]
    flips = here[here["metric"] == "becomes_b"].set_index(["intervention", "control"], drop=False)
    return flips.loc[list(CONTROLS["shift"])].sort_values("value").iloc[-1]


def _judge_unseen(evidence: Evidence) -> Judgment:
    if evidence.unseen is None or not len(evidence.unseen):
        why = evidence.left_out.get("unseen", "that takes a model, and the splits train and validation")
        return Judgment.unmeasured(f"answers to unseen instances were not looked at: {why}")
    split = hardest_split(evidence.unseen)
    if split is None:
        return Judgment.unmeasured(f"no split has {LEAST_ERRORS} right and {LEAST_ERRORS} wrong answers")
    rows = evidence.unseen.where(split=split)
    last = rows.where(step=rows.values("step")[-1])
    accuracy = rows_of(last.where(method="model", metric="accuracy").table)[0]
    here = last.where(method="nearest_centroid", position=evidence.view.position)
    layers = here.values("layer")
    if not layers:
        return Judgment.unmeasured(f"no unseen instances were looked at, at {evidence.view.position}")
    return _judge_split(rows_of(here.where(layer=layers[-1]).table), accuracy)


def _judge_split(top: Sequence[Row], accuracy: Row) -> Judgment:
    own, shuffled = (
        {row["metric"]: row for row in top if row["control"] == control}
        for control in ("none", "shuffled_labels")
    )
    if "odds_ratio" not in own or "auroc" not in own or "auroc" not in shuffled:
        return Judgment.unmeasured("too few instances for an odds ratio, or for an AUROC and its control")
    auroc, odds, bar = own["auroc"], own["odds_ratio"], max(0.5, shuffled["auroc"]["ci_high"])
    is_enough, is_sure, is_odd = auroc["value"] >= LEAST_AUROC, auroc["ci_low"] > bar, odds["ci_low"] > 1
    expected = _expected(accuracy, own)
    figures = {
        "accuracy": accuracy["value"],
        "assignment_accuracy": own["assignment_accuracy"]["value"],
        "accuracy_if_right": own["accuracy_if_right"]["value"],
        "accuracy_if_wrong": own["accuracy_if_wrong"]["value"],
        "odds_ratio": odds["value"],
        "odds_ratio_ci_low": odds["ci_low"],
        "odds_ratio_ci_high": odds["ci_high"],
        "auroc": auroc["value"],
        "auroc_ci_low": auroc["ci_low"],
        "auroc_ci_high": auroc["ci_high"],
        "shuffled_auroc_ci_high": shuffled["auroc"]["ci_high"],
        "least_expected": expected,
    }
    unmet = (
        (is_enough, Asked("a high AUROC", "auroc", *_ends(auroc), LEAST_AUROC)),
        (is_sure, Asked("an AUROC above controls", "auroc", *_ends(auroc), float(bar), is_strict=True)),
        (is_odd, Asked("an odds ratio above 1", "odds_ratio", *_ends(odds), 1.0, is_strict=True)),
    )
    return Judgment.told(
        holds=is_enough and is_sure and is_odd,
        fails=auroc["ci_high"] < LEAST_AUROC
        or (expected >= LEAST_EXPECTED and odds["ci_high"] < LEAST_ODDS_RATIO),
        figures=figures,
        control="shuffled_labels",
        unmet=[one for is_met, one in unmet if not is_met],
    )


def _ends(row: Row) -> tuple[float, float]:
    return float(row["ci_low"]), float(row["ci_high"])


def _expected(accuracy: Row, own: Mapping[str, Row]) -> float:
    """Instances in the emptiest cell of answered by assigned, if the one had nothing to do with the other."""
    shares = (accuracy["value"], own["assignment_accuracy"]["value"])
    return float(np.prod([min(share, 1 - share) for share in shares]) * accuracy["n_examples"])


CAUSES = (
    Claim(
        "unseen",
        "Clustering helps the model handle unseen instances.",
        f"last step, top layer, hardest split with {LEAST_ERRORS} right and {LEAST_ERRORS} wrong answers: "
        f"the margin's AUROC for a right answer is at least {LEAST_AUROC}, its interval above 0.5 and above "
        "shuffled centroids', that of the odds ratio above 1; fails where the AUROC's interval lies below "
        f"{LEAST_AUROC}, or the odds ratio's below {LEAST_ODDS_RATIO} with {LEAST_EXPECTED} instances or "
        "more expected in each of its four cells; inconclusive where neither can be said",
        _judge_unseen,
        {
            "LEAST_ERRORS": LEAST_ERRORS,
            "LEAST_AUROC": LEAST_AUROC,
            "LEAST_ODDS_RATIO": LEAST_ODDS_RATIO,
            "LEAST_EXPECTED": LEAST_EXPECTED,
        },
        version=2,
        rests_on="unseen",
        effect=Effect("auroc", LEAST_AUROC),
    ),
    Claim(
        "causal",
        "Clusters carry the answers: moving a state to another task's centroid moves the answer to that "
        "task's.",
        f"last step, strength 1: at some layer at least {LEAST_FLIP} more of the answers become the other "
        "task's than under the strongest control there (identity, random direction of the same norm, "
        "centroids of two other tasks, swap within the task), with an interval above 0 that holds for all "
        f"layers and controls at once; fails where these intervals all lie below {LEAST_FLIP}, inconclusive "
        "where neither can be said",
        _judge_causal,
        {"LEAST_FLIP": LEAST_FLIP},
        rests_on="effects",
        effect=Effect(
            "excess", LEAST_FLIP, note="of each model's best layer, so rather too high than too low"
        ),
    ),
)
