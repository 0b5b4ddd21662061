"""What a judge has before it: the tables of a run, and where in them to look.

This module hides where the tables lie and whether they were made, which positions each of them speaks of,
and how agreement over the last third of training is summed up.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nucleate.claims.settings import ClaimSettings
from nucleate.corpus.splits import HARDEST_FIRST
from nucleate.intervene.outcomes.effects import read_effects
from nucleate.metrics.curves import late, late_gain, late_gain_interval
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Scores
from nucleate.scoring.excess import over_controls, reach
from nucleate.view import View

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Row = Mapping[str, Any]
"""One of a table, by its columns."""
Table = Literal["scores", "unseen", "effects"]
"""What a claim rests on."""
_ENDS_OF_MATCHED = (("value", ""), ("ci_low", "_low"), ("ci_high", "_high"))
LEAST_ERRORS = 5
"""Fewer right or wrong answers than this tell nothing of what goes with being right."""


@dataclass(frozen=True)
class LayerCurve:
    """Agreement of one layer, over the steps of training.

    Attributes:
        layer: its number.
        value: mean over the last third of training; so are `excess`, `excess_low`, `excess_high` and
            `control_value`, see `OverControls`.
        highest: excess over all of training.
        change: the furthest that it was from its untrained value; NaN where step 0 was not scored.
        change_low: what it surely was at some step, by the half-widths of the two values, which add up as
            errors that know nothing of each other do; at least 0.
        change_high: what it surely never went beyond, by the same.
        late_gain: what a straight line through the excess gains over the last third.
        late_gain_low: lower end of its interval; `late_gain_high` is the upper one.
        control: the strongest at the last step.
    """

    layer: int
    value: float
    excess: float
    excess_low: float
    excess_high: float
    control_value: float
    highest: float
    change: float
    change_low: float
    change_high: float
    late_gain: float
    late_gain_low: float
    late_gain_high: float
    control: str


@dataclass(frozen=True)
class Evidence:
    """What was measured of one run, and the view of it.

    Attributes:
        scores: agreement of clusters.
        view: where to look.
        pretrained: step 0 is a model that knows its language.
        unseen: `unseen.parquet`, None where it was not made.
        effects: `interventions.parquet`, None where it was not made.
        seen: those of the scores that `agreement` is, where they are known.
        left_out: why stages were left out, by their names.
    """

    scores: Scores
    view: View
    pretrained: bool = False
    unseen: Scores | None = None
    effects: pd.DataFrame | None = None
    seen: Scores | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, scores: Scores, settings: ClaimSettings) -> Evidence:
        """Scores alone, looked at as the settings say."""
        return cls(scores, settings.view.measured(scores), settings.pretrained)

    @classmethod
    def read(cls, folder: RunFolder, settings: ClaimSettings) -> Evidence:
        """Everything that was finished in a folder.

        Raises:
            RunFolderError: a table is not the one that was written.
        """
        done = {name for name, stage in folder.manifest["stages"].items() if stage["status"] == "done"}
        for stage in ("scoring", *sorted(done & {"unseen", "intervene"})):
            folder.require(stage)
        return replace(
            cls.of(Scores.read(folder.scores), settings),
            unseen=Scores.read(folder.unseen) if "unseen" in done else None,
            effects=read_effects(folder.interventions) if "intervene" in done else None,
            left_out=folder.manifest.get("left_out", {}),
        )

    def at(self, position: str) -> Evidence:
        """The same, looked at elsewhere."""
        return replace(self, view=replace(self.view, position=position), seen=self.agreement)

    @cached_property
    def agreement(self) -> Scores:
        """Agreement with labels and between starts, and controls, at every position and by every method."""
        metrics = {self.view.metric, "ari", "stability"}
        wanted = {"factor": self.view.factor, "preparation": self.view.preparation, "metric": metrics}
        return self.scores.where(**wanted) if self.seen is None else self.seen

    @cached_property
    def positions(self) -> Mapping[Table, list[str]]:
        """The positions that each table speaks of."""
        agreement = self.view.rows(self.agreement.where(control="none"), every=("position", "split"))
        looked = (
            [] if self.unseen is None else self.unseen.where(method="nearest_centroid").values("position")
        )
        moved: list[str] = []
        if self.effects is not None:
            moved = sorted(self.effects.loc[self.effects["intervention"] == "shift", "position"].unique())
        return {"scores": agreement.values("position"), "unseen": looked, "effects": moved}

    @cached_property
    def layers(self) -> Mapping[str, Sequence[LayerCurve]]:
        """Agreement by split, from the lowest layer to the highest, for splits with two steps or more."""
        by_split: defaultdict[str, defaultdict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in _over_controls(self.view.rows(self.agreement, every=("split",))):
            by_split[row["split"]][row["layer"]].append(row)
        return {
            split: [_summary(curves[layer]) for layer in sorted(curves)]
            for split, curves in sorted(by_split.items())
            if len({row["step"] for curve in curves.values() for row in curve}) > 1
        }

    def plain_agreement(self, site_layer: int) -> dict[str, float]:
        """The papers' plain index of a layer over the last third, where it was scored beside another."""
        if self.view.metric == "ari":
            return {}
        plain = replace(self.view, metric="ari").rows(self.agreement.where(control="none", layer=site_layer))
        curve = sorted(rows_of(plain.table), key=lambda row: row["step"])
        if not curve:
            return {}
        return {"plain_ari": float(_numbers(curve, "value")[late(_numbers(curve, "step"))].mean())}

    def agreement_of_starts(self, site_layer: int) -> dict[str, float]:
        """How alike the clusterings of a layer's starts are at the last step, where that was scored."""
        kept = replace(self.view, metric="stability")
        rows = rows_of(kept.rows(self.agreement.where(control="none", layer=site_layer)).table)
        return {"stability": float(max(rows, key=lambda row: row["step"])["value"])} if rows else {}

    def beside_size_matched(self, split: str) -> dict[str, float]:
        """The excess of a split's top layer, and that of as many trained instructions over the same controls.

        Means over the last third, of clusters of its own, the latter with `_low` and `_high`, the ends of its
        own interval less the same; and at the last step, `placed` among the clusters of train. Empty where
        nothing of the kind was scored.
        """
        rows = self.view.rows(self.agreement, every=("split", "method")).where(split=split)
        matched = {_place(row): row for row in rows_of(rows.where(control="size_matched").table)}
        both = [row for row in _over_controls(rows) if _place(row) in matched]
        top = max((row["layer"] for row in both), default=None)
        found: dict[str, float] = {}
        for method, suffix in ((self.view.method, ""), ("kmeans_from_train", "_placed")):
            curve = [row for row in both if row["layer"] == top and row["method"] == method]
            if curve:
                steps = _numbers(curve, "step")
                chosen = steps == steps.max() if suffix else late(steps)
                found[f"{split}{suffix}"] = float(_numbers(curve, "excess")[chosen].mean())
                ends = (("value", suffix),) if suffix else _ENDS_OF_MATCHED
                for column, end in ends:
                    over = np.array([matched[_place(row)][column] - row["control_value"] for row in curve])
                    found[f"size_matched{end}"] = float(over[chosen].mean())
        return found

    @property
    def held_out(self) -> Sequence[LayerCurve]:
        """`layers` of the view's split, empty where it was not scored at two steps or more."""
        return self.layers.get(self.view.split, ())

    def lacks(self, least_layers: int = 1) -> str:
        """Why `held_out` has not as many layers, and what to add; empty where it has."""
        if not self.held_out:
            return self.why_without(self.view.split)
        n = len(self.held_out)
        return "" if n >= least_layers else f"layers that are scored: {n}; it takes {least_layers}"

    def why_without(self, split: str) -> str:
        """Why a split is not in `layers`, and what to add; one line."""
        there = self.view.rows(self.agreement.where(control="none"), every=("split",)).values("split")
        if not there:
            return f"no agreement with {self.view.factor} is scored at {self.view.position}"
        if split not in there:
            return f"no example of the split {split!r} is scored, only of {', '.join(there)}; give it to some"
        return "only one checkpoint is scored; add another, such as the untrained model as step 0"


def hardest_split(unseen: Scores, least_errors: int = LEAST_ERRORS) -> str | None:
    """The split that says most of unseen instances: the hardest with enough right and wrong answers.

    None: no split has `least_errors` of both at the last step.
    """
    accuracy = rows_of(unseen.where(method="model", metric="accuracy").table)
    last = max((row["step"] for row in accuracy), default=None)
    looked = set(unseen.where(method="nearest_centroid").values("split"))
    there = {row["split"] for row in accuracy if row["step"] == last and _fewest(row) >= least_errors}
    return next((split for split in HARDEST_FIRST if split in there & looked), None)


def _fewest(accuracy: Row) -> float:
    """Right answers, or wrong ones where there are fewer of these."""
    right, n_examples = accuracy["value"] * accuracy["n_examples"], accuracy["n_examples"]
    return float(min(right, n_examples - right))


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table of scores; an interval that is missing is NaN."""
    rows: list[dict[str, Any]] = table.to_pylist()
    for row in rows:
        row.update((end, math.nan) for end in ("ci_low", "ci_high") if row[end] is None)
    return rows


def at_last_step(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that claims about a finished model rest on."""
    return rows[rows["step"] == rows["step"].max()]


def _over_controls(scores: Scores) -> list[Row]:
    """The figures of layers that have a control, with the columns of `OverControls`, sorted by step."""
    over, rows = over_controls(scores.table), rows_of(scores.table)
    columns = [
        dict(zip(over.columns, values, strict=True)) for values in zip(*over.columns.values(), strict=True)
    ]
    figures = [rows[row] | more for row, more in zip(over.rows.tolist(), columns, strict=True)]
    return [one for one in figures if one["layer"] is not None and not np.isnan(one["excess"])]


def _place(row: Row) -> tuple[int, str, str]:
    return row["step"], row["method"], row["site"]


def _numbers(rows: Sequence[Row], column: str) -> np.ndarray:
    return np.array([row[column] for row in rows], float)


def _summary(curve: Sequence[Row]) -> LayerCurve:
    steps, values, over = (_numbers(curve, name) for name in ("step", "value", "excess"))
    low, high = (_numbers(curve, end) for end in ("ci_low", "ci_high"))
    errors = reach(values, low, high)
    gain_low, gain_high = late_gain_interval(steps, over, errors)
    means = ("value", "excess", "excess_low", "excess_high", "control_value")
    return LayerCurve(
        curve[0]["layer"],
        **{name: float(_numbers(curve, name)[late(steps)].mean()) for name in means},
        highest=float(over.max()),
        **_change(steps, values, errors),
        late_gain=late_gain(steps, over),
        late_gain_low=gain_low,
        late_gain_high=gain_high,
        control=curve[-1]["control"],
    )


def _change(steps: np.ndarray, values: np.ndarray, errors: np.ndarray) -> dict[str, float]:
    """How far a curve went from its untrained value, and the ends of that, as `LayerCurve` names them."""
    if steps[0] != 0 or len(steps) < 2:
        return dict.fromkeys(("change", "change_low", "change_high"), math.nan)
    change, error = np.abs(values - values[0])[1:], np.hypot(errors, errors[0])[1:]
    return {
        "change": float(change.max()),
        "change_low": float(np.maximum(change - error, 0.0).max()),
        "change_high": float((change + error).max()),
    }
