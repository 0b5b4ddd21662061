"""Two claims about what clusters are good for, as verdicts: `unseen` and `causal`.

They rest on tables of their own: what membership tells of unseen answers, and what answers do when
states are moved. Both are judged at every position; an association that holds is still no cause.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from nucleate.claims.agreement import ClaimVerdict, Judgement, Verdict
from nucleate.claims.settings import ClaimSettings
from nucleate.intervene.contrasts import CONTROLS
from nucleate.intervene.effects import read_effects
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Scores

LEAST_AUROC = 0.6
"""The margin must rank a right answer above a wrong one at least this often."""
LEAST_ODDS_RATIO = 1.9
"""The odds ratio that goes with that AUROC: where margins are normal, an AUROC of 0.6 is a standardised
difference of 0.36, and that is a logarithm of odds of 0.65 (Hasselblad and Hedges 1995)."""
LEAST_ERRORS = 5
"""Fewer right or wrong answers than this tell nothing of what goes with being right."""
LEAST_EXPECTED = 5
"""Instances that independence must put into each of the four cells (Cochran 1954)."""
LEAST_FLIP = 0.1
"""Moving the centroid must turn at least this share of answers into those of the other task."""
HARDEST_FIRST = ("unseen_dialect", "unseen_instruction", "validation")
UNSEEN = (
    "unseen",
    "Clustering helps the model handle unseen instances.",
    f"last step, top layer, hardest split with {LEAST_ERRORS} right and {LEAST_ERRORS} wrong answers: the "
    f"margin's AUROC for a right answer is at least {LEAST_AUROC}, its interval above 0.5 and above shuffled "
    f"centroids', that of the odds ratio above 1; fails where the AUROC's interval lies below {LEAST_AUROC}, "
    f"or the odds ratio's below {LEAST_ODDS_RATIO} with {LEAST_EXPECTED} instances or more expected in each "
    "of its four cells; not measured where neither can be said",
)
CAUSAL = (
    "causal",
    "Clusters carry the answers: moving a state to another task's centroid moves the answer to that task's.",
    f"last step, strength 1: at some layer at least {LEAST_FLIP} more of the answers become the other task's "
    "than under the strongest control there (identity, random direction of the same norm, centroids of two "
    "other tasks, swap within the task), with an interval above 0 that holds for all layers and controls at "
    f"once; fails where these intervals all lie below {LEAST_FLIP}, not measured where neither can be said",
)


def read_causes(folder: RunFolder) -> tuple[Scores | None, pd.DataFrame | None]:
    """The tables of the stages `unseen` and `intervene`, None where they were not run to the end."""
    done = {name for name, stage in folder.manifest["stages"].items() if stage["status"] == "done"}
    for stage in done & {"unseen", "intervene"}:
        folder.require(stage)
    return (
        Scores.read(folder.unseen) if "unseen" in done else None,
        read_effects(folder.interventions) if "intervene" in done else None,
    )


def judge_causes(
    unseen: Scores | None, effects: pd.DataFrame | None, settings: ClaimSettings
) -> list[ClaimVerdict]:
    """Both claims at every position where they were looked at; the run's own position comes first.

    Args:
        unseen: `unseen.parquet`, None where it was not made.
        effects: `interventions.parquet`, None where it was not made.
        settings: where the run stands by its claims.
    """
    looked = [] if unseen is None else unseen.where(method="nearest_centroid").values("position")
    moved = (
        []
        if effects is None
        else sorted(effects.loc[effects["intervention"] == "shift", "position"].unique())
    )
    others = [one for one in dict.fromkeys([*looked, *moved]) if one != settings.position]
    found = []
    for position in (settings.position, *others):
        if position in (settings.position, *looked):
            found.append(_verdict(UNSEEN, position, _judge_unseen(unseen, position)))
        if position in (settings.position, *moved):
            found.append(_verdict(CAUSAL, position, _judge_causal(effects, position)))
    return found


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


def at_last_step(effects: pd.DataFrame) -> pd.DataFrame:
    """The rows that claims and readings rest on."""
    return effects[effects["step"] == effects["step"].max()]


def _judge_causal(effects: pd.DataFrame | None, position: str) -> Judgement | None:
    if effects is None:
        return None
    last = at_last_step(effects)
    table = flips_above_controls(last, position).dropna(subset=["layer"])
    if not len(table):
        return None
    n_works, fails = int(table["works"].sum()), bool((table["ci_high"] < LEAST_FLIP).all())
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
    return Judgement(_told(n_works > 0, fails), figures, str(control["control"]))


def _strongest_control(last: pd.DataFrame, position: str, site: str) -> pd.Series:
    here = last[(last["position"] == position) & (last["site"] == site) & (last["strength"] == 1.0)]
    flips = here[here["metric"] == "becomes_b"].set_index(["intervention", "control"], drop=False)
    return flips.loc[list(CONTROLS["shift"])].sort_values("value").iloc[-1]


def _judge_unseen(unseen: Scores | None, position: str) -> Judgement | None:
    if unseen is None or not len(unseen):
        return None
    frame = unseen.to_pandas()
    frame = frame[frame["step"] == frame["step"].max()]
    for split in HARDEST_FIRST:
        of_split = frame[frame["split"] == split]
        accuracy = of_split[of_split["method"] == "model"]
        here = of_split[(of_split["position"] == position) & (of_split["method"] == "nearest_centroid")]
        if len(here) and len(accuracy) and _has_errors(accuracy.iloc[0]):
            return _judge_split(here[here["layer"] == here["layer"].max()], accuracy.iloc[0])
    return None


def _has_errors(accuracy: pd.Series) -> bool:
    right = accuracy["value"] * accuracy["n_examples"]
    return bool(min(right, accuracy["n_examples"] - right) >= LEAST_ERRORS)


def _judge_split(top: pd.DataFrame, accuracy: pd.Series) -> Judgement | None:
    own = {row["metric"]: row for _, row in top[top["control"] == "none"].iterrows()}
    shuffled = {row["metric"]: row for _, row in top[top["control"] == "shuffled_labels"].iterrows()}
    if "odds_ratio" not in own or "auroc" not in own or "auroc" not in shuffled:
        return None
    auroc, odds, bar = own["auroc"], own["odds_ratio"], max(0.5, shuffled["auroc"]["ci_high"])
    ranks = auroc["value"] >= LEAST_AUROC and auroc["ci_low"] > bar
    holds = ranks and odds["ci_low"] > 1
    is_full = _expected(accuracy, own) >= LEAST_EXPECTED
    fails = auroc["ci_high"] < LEAST_AUROC or (is_full and odds["ci_high"] < LEAST_ODDS_RATIO)
    figures = {
        "accuracy": accuracy["value"],
        "assignment_accuracy": own["assignment_accuracy"]["value"],
        "accuracy_if_right": own["accuracy_if_right"]["value"],
        "accuracy_if_wrong": own["accuracy_if_wrong"]["value"],
        "odds_ratio": odds["value"],
        "odds_ratio_ci_low": odds["ci_low"],
        "auroc": auroc["value"],
        "auroc_ci_low": auroc["ci_low"],
        "shuffled_auroc_ci_high": shuffled["auroc"]["ci_high"],
    }
    return Judgement(_told(holds, fails), figures, "shuffled_labels")


def _expected(accuracy: pd.Series, own: dict[str, pd.Series]) -> float:
    """Instances in the emptiest cell of answered by assigned, if the one had nothing to do with the other."""
    shares = (accuracy["value"], own["assignment_accuracy"]["value"])
    return float(np.prod([min(share, 1 - share) for share in shares]) * accuracy["n_examples"])


def _told(holds: bool, fails: bool) -> bool | None:
    """None where the figures say neither; what surely lacks one thing asked for does not hold."""
    if fails:
        return False
    return True if holds else None


def _verdict(claim: tuple[str, str, str], position: str, judged: Judgement | None) -> ClaimVerdict:
    if judged is None:
        return ClaimVerdict(*claim, position, "not measured", {})
    verdicts: dict[bool | None, Verdict] = {True: "holds", False: "fails", None: "not measured"}
    figures = {name: round(float(value), 4) for name, value in judged.figures.items()}
    return ClaimVerdict(*claim, position, verdicts[judged.holds], figures, judged.control)
