"""Two claims about what clusters are good for, as verdicts: `unseen` and `causal`.

They rest on tables of their own: what membership tells of unseen answers, and what answers do when
states are moved. Both are judged at every position; an association that holds is still no cause.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nucleate.claims import ClaimSettings, ClaimVerdict, Judgement
from nucleate.intervene.effects import read_effects
from nucleate.run_folder import RunFolder
from nucleate.scores import Scores

LEAST_AUROC = 0.6
"""The margin must rank a right answer above a wrong one at least this often."""
LEAST_ERRORS = 5
"""Fewer right or wrong answers than this tell nothing of what goes with being right."""
LEAST_FLIP = 0.1
"""Moving the centroid must turn at least this share of answers into those of the other task."""
HARDEST_FIRST = ("unseen_dialect", "unseen_instruction", "validation")
CONTROLS_OF_SHIFT = (
    ("identity", "identity"),
    ("shift", "random_direction"),
    ("shift", "other_tasks"),
    ("interchange", "within_task"),
)
"""What moving a centroid is held against, as (intervention, control)."""

UNSEEN = (
    "unseen",
    "Clustering helps the model handle unseen instances.",
    "last step, top layer, hardest split with errors: the margin's AUROC for a right answer is at least "
    f"{LEAST_AUROC}, its interval above 0.5 and above shuffled centroids', that of the odds ratio above 1",
)
CAUSAL = (
    "causal",
    "Clusters carry the answers: moving a state to another task's centroid moves the answer to that task's.",
    f"last step, strength 1: at some layer at least {LEAST_FLIP} of the answers become the other task's, "
    "with an interval above that of every control there (identity, random direction of the same norm, "
    "centroids of two other tasks, swap within the task)",
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
    moved = [] if effects is None else sorted(effects["position"].unique())
    others = [one for one in dict.fromkeys([*looked, *moved]) if one != settings.position]
    found = []
    for position in (settings.position, *others):
        if position in (settings.position, *looked):
            found.append(_verdict(UNSEEN, position, _judge_unseen(unseen, position)))
        if position in (settings.position, *moved):
            found.append(_verdict(CAUSAL, position, _judge_causal(effects, position)))
    return found


def flips_above_controls(effects: pd.DataFrame, position: str, metric: str = "becomes_b") -> pd.DataFrame:
    """Per site, in the table's order, the share of answers that a shift at strength 1 moves to B.

    Returns: index `site`; `layer`, `value`, `ci_low`, `ci_high`, and of the strongest control `control`,
        its `control_value`, and `control_high`, the highest end of any control's interval.
    """
    last = effects[(effects["step"] == effects["step"].max()) & (effects["position"] == position)]
    last = last[(last["metric"] == metric) & (last["strength"] == 1.0)]
    shift = last[(last["intervention"] == "shift") & (last["control"] == "none")].set_index("site")
    kinds = list(zip(last["intervention"], last["control"], strict=True))
    controls = last[[kind in CONTROLS_OF_SHIFT for kind in kinds]]
    strongest = controls.sort_values("value").groupby("site").last()
    table = shift[["layer", "value", "ci_low", "ci_high"]].copy()
    table["control"] = strongest["control"].astype(str)
    table["control_value"] = strongest["value"]
    table["control_high"] = controls.groupby("site")["ci_high"].max()
    return table


def _judge_causal(effects: pd.DataFrame | None, position: str) -> Judgement | None:
    if effects is None or position not in set(effects["position"]):
        return None
    table = flips_above_controls(effects, position).dropna(subset=["layer"])
    works = table[(table["value"] >= LEAST_FLIP) & (table["ci_low"] > table["control_high"])]
    best = (works if len(works) else table).sort_values("value").iloc[-1]
    figures = {
        "layer": float(best["layer"]),
        "becomes_b": best["value"],
        "ci_low": best["ci_low"],
        "strongest_control": best["control_value"],
        "controls_ci_high": best["control_high"],
        "layers_that_work": float(len(works)),
    }
    return Judgement(bool(len(works)), figures, str(best["control"]))


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
            top = here[here["layer"] == here["layer"].max()]
            return _judge_split(top, accuracy.iloc[0])
    return None


def _has_errors(accuracy: pd.Series) -> bool:
    right = accuracy["value"] * accuracy["n_examples"]
    return min(right, accuracy["n_examples"] - right) >= LEAST_ERRORS


def _judge_split(top: pd.DataFrame, accuracy: pd.Series) -> Judgement | None:
    own = {row["metric"]: row for _, row in top[top["control"] == "none"].iterrows()}
    shuffled = {row["metric"]: row for _, row in top[top["control"] == "shuffled_labels"].iterrows()}
    if "odds_ratio" not in own or "auroc" not in own or "auroc" not in shuffled:
        return None
    figures = {
        "accuracy": accuracy["value"],
        "assignment_accuracy": own["assignment_accuracy"]["value"],
        "accuracy_if_right": own["accuracy_if_right"]["value"],
        "accuracy_if_wrong": own["accuracy_if_wrong"]["value"],
        "odds_ratio": own["odds_ratio"]["value"],
        "odds_ratio_ci_low": own["odds_ratio"]["ci_low"],
        "auroc": own["auroc"]["value"],
        "auroc_ci_low": own["auroc"]["ci_low"],
        "shuffled_auroc_ci_high": shuffled["auroc"]["ci_high"],
    }
    ranks = own["auroc"]["value"] >= LEAST_AUROC
    apart = own["auroc"]["ci_low"] > max(0.5, shuffled["auroc"]["ci_high"])
    holds = bool(ranks and apart and own["odds_ratio"]["ci_low"] > 1)
    return Judgement(holds, figures, "shuffled_labels")


def _verdict(claim: tuple[str, str, str], position: str, judged: Judgement | None) -> ClaimVerdict:
    if judged is None:
        return ClaimVerdict(*claim, position, "not measured", {})
    figures = {name: round(float(value), 4) for name, value in judged.figures.items()}
    return ClaimVerdict(*claim, position, "holds" if judged.holds else "fails", figures, judged.control)


READINGS = {
    "works": "the centroid moves answers",
    "in the state": "the whole state moves answers, its centroid does not",
    "together": "all instruction tokens at once move answers, this one does not",
    "idle": "nothing moves answers",
}
"""What a shift of a single token shows, beside stronger interventions at the same site."""


def read_nulls(effects: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """What a shift of each single token means at each site, beside stronger interventions there.

    Returns: (position, site, one of `READINGS`). `works`: the centroid moves answers above every
        control. Where it does not: `in the state`, if swapping in this token's whole state of the other
        task does; `together`, if changing all tokens of the instruction at once does, so that the null may
        be redundancy; else `idle`: no intervention there shows that this token carries the task.
    """
    joint = [_works(effects, "all_instruction", name) for name in ("shift", "interchange")]
    for position in ("last_instruction", "input"):
        alone, swapped = (_works(effects, position, name) for name in ("shift", "interchange"))
        for site, works in alone.items():
            if works:
                yield position, site, "works"
            elif swapped.get(site, False):
                yield position, site, "in the state"
            elif position == "last_instruction" and any(one.get(site, False) for one in joint):
                yield position, site, "together"
            else:
                yield position, site, "idle"


def _works(effects: pd.DataFrame, position: str, intervention: str) -> dict[str, bool]:
    """Per site, whether an intervention at strength 1 moves answers to B above every control.

    Returns: nothing where the position or the intervention was not looked at.
    """
    if position not in set(effects["position"]):
        return {}
    table = flips_above_controls(effects, position)
    last = effects[(effects["step"] == effects["step"].max()) & (effects["position"] == position)]
    own = last[(last["intervention"] == intervention) & (last["control"] == "none")]
    own = own[(own["metric"] == "becomes_b") & (own["strength"] == 1.0)].set_index("site")
    enough = (own["value"] >= LEAST_FLIP) & (own["ci_low"] > table["control_high"].reindex(own.index))
    return {str(site): bool(value) for site, value in enough.items()}
