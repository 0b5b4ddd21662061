"""What every figure has over its controls.

A figure counts only by what it has over the strongest of its controls. This module hides which rows are the
controls of a figure and which of them is the strongest. All rows are compared together, as arrays: a verdict
needs no pandas, which takes longer to load than all claims take to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from nucleate.lazy import Bool, Float, Int
from nucleate.scores import Coded, Scores, numbers_of

if TYPE_CHECKING:
    import pandas as pd

FIGURE = ("run", "model", "seed", "split", "position", "factor", "site", "preparation", "method", "metric")
"""The columns that say what a row is a figure of, whatever the step."""

LOWER_IS_BETTER = ("separation", "collapse", "relative_distance", "loss")
"""Figures of which the lowest control is the strongest, and whose excess is how far they lie below it."""

CHANCE_CORRECTED = ("ari", "ari_across", "ami")
"""Figures that are about 0 for labels without meaning, by construction: `shuffled_labels` is a level to pass
there, and never counts as the strongest control."""

REFERENCES = ("size_matched",)
"""Rows that a figure is to come near to, not to exceed: they are no controls of it."""

FAMILY = ("run", "model", "seed", "split", "preparation", "method", "metric")
"""Figures that are looked over together, as on an atlas: positions, factors, sites and steps of one kind."""


@dataclass(frozen=True)
class OverControls:
    """What the rows of the model itself (`control="none"`) have over the strongest of their controls.

    The strongest control is the one with the best value at the same step: the highest, or the lowest for
    `LOWER_IS_BETTER`; `shuffled_labels` is none for `CHANCE_CORRECTED`. The figures of step 0 are their own
    untrained control, so nothing exceeds its controls before training.

    Attributes:
        rows: which rows of the table they are, sorted by step.
        control: name of the strongest control, None where a figure has none; all numbers are NaN there.
        control_value: its value.
        control_high: the best end of the intervals of all controls, the level that a figure must pass.
        excess: value less `control_value`, or the other way round where lower is better.
        excess_low: the figure's worse end less `control_high`. Above 0, it says that the figure's interval
            lies beyond those of all controls. NaN, as is `excess_high`, where the figure or its strongest
            control has no interval.
        excess_high: the figure's better end less the worse end of the strongest control.
        beyond: by how much the figure's worse end passes the level that is corrected for all cells of its
            `FAMILY`. Above 0 it is clearly beyond its controls, also as one of many: its interval lies beyond
            those of all controls, and its distance from the strongest is as many standard errors as
            `_needed` says. Without an interval it never is: minus infinity.
    """

    rows: Int[np.ndarray, " figure"]
    control: list[str | None]
    control_value: Float[np.ndarray, " figure"]
    control_high: Float[np.ndarray, " figure"]
    excess: Float[np.ndarray, " figure"]
    excess_low: Float[np.ndarray, " figure"]
    excess_high: Float[np.ndarray, " figure"]
    beyond: Float[np.ndarray, " figure"]

    @property
    def columns(self) -> dict[str, Any]:
        """All but `rows`, by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)[1:]}


def excess(scores: Scores) -> pd.DataFrame:
    """What every figure has over the strongest of its controls.

    Returns: the rows of the model itself (`control="none"` in `scores`), sorted by step, with the columns of
        `OverControls`.
    """
    return excess_of(scores.to_pandas())


def excess_of(frame: pd.DataFrame) -> pd.DataFrame:
    """`excess` of scores that are a table of pandas already."""
    over = over_controls(pa.Table.from_pandas(frame[list(_ASKED)], preserve_index=False))
    own = frame.drop(columns="control").iloc[over.rows].reset_index(drop=True)
    return own.assign(**over.columns).astype({"control": frame["control"].dtype})


_ASKED = (*FIGURE, "step", "control", "value", "ci_low", "ci_high")
"""What must be known of a row."""


def over_controls(scores: pa.Table) -> OverControls:
    """What every figure has over the strongest of its controls.

    Args:
        scores: with the columns of `Scores`, those that say what a row is of and its numbers.
    """
    columns = {name: Coded.of(scores[name]) for name in (*FIGURE, "step", "control")}
    control, metric, step = columns["control"], columns["metric"], numbers_of(scores["step"])
    is_own = control.among(["none"])
    own = np.flatnonzero(is_own)
    own = own[np.argsort(step[own], kind="stable")]
    controls = np.concatenate([np.flatnonzero(~is_own & ~control.among(REFERENCES)), own[step[own] == 0]])
    is_chance = control.among(["shuffled_labels"]) & metric.among(CHANCE_CORRECTED)
    numbers = (numbers_of(scores[name]) for name in ("value", "ci_low", "ci_high"))
    up = Upward.of(metric.among(LOWER_IS_BETTER), *numbers)
    cells = _numbered([columns[name] for name in (*FIGURE, "step")])
    strongest = _best_of_each(cells, controls[~is_chance[controls]], up.better)[cells[own]]
    level = _highest_of_each(cells, controls, np.fmax(up.better, up.high))[cells[own]]
    families = _numbered([columns[name] for name in FAMILY])[own]
    needed = _needed(families, (strongest >= 0) & (step[own] > 0))
    names = [None if row < 0 else "untrained" if is_own[row] else control.value(row) for row in strongest]
    return OverControls(own, names, *_over(up, own, strongest, level, needed))


def reach(
    value: Float[np.ndarray, " row"], low: Float[np.ndarray, " row"], high: Float[np.ndarray, " row"]
) -> Float[np.ndarray, " row"]:
    """How far the interval of a figure reaches, to the side where it reaches further.

    At the edge of a figure's range the other side is cut off, and says less of the error.
    """
    return np.maximum(value - low, high - value)


@dataclass(frozen=True)
class Upward:
    """Figures as they are or, where lower is better, turned over.

    Attributes:
        sign: 1, or -1 where lower is better.
        better: the value, turned so that higher is better.
        low: the worse end of its interval, NaN where there is none.
        high: the better end.
        reach: how far the interval reaches.
    """

    sign: Float[np.ndarray, " row"]
    better: Float[np.ndarray, " row"]
    low: Float[np.ndarray, " row"]
    high: Float[np.ndarray, " row"]
    reach: Float[np.ndarray, " row"]

    @classmethod
    def of(
        cls,
        is_down: Bool[np.ndarray, " row"],
        value: Float[np.ndarray, " row"],
        ci_low: Float[np.ndarray, " row"],
        ci_high: Float[np.ndarray, " row"],
    ) -> Upward:
        sign = np.where(is_down, -1.0, 1.0)
        low, high = np.where(is_down, ci_high, ci_low), np.where(is_down, ci_low, ci_high)
        return cls(sign, sign * value, sign * low, sign * high, reach(value, ci_low, ci_high))


def _numbered(columns: Sequence[Coded]) -> Int[np.ndarray, " row"]:
    """Rows that are alike in all columns have one number, from 0; those that lack one of them have -1."""
    numbers, lack = np.zeros_like(columns[0].codes), np.zeros(len(columns[0].codes), bool)
    for column in columns:
        lack |= column.codes < 0
        numbers = np.unique(numbers * len(column.values) + column.codes, return_inverse=True)[1]
    return np.where(lack, -1, numbers)


def _best_of_each(
    cells: Int[np.ndarray, " row"], rows: Int[np.ndarray, " some"], better: Float[np.ndarray, " row"]
) -> Int[np.ndarray, " cell"]:
    """The best row of each cell, the last of equals; -1 where there is none, and at the end."""
    best = np.full(cells.max(initial=-1) + 2, -1)
    rows = rows[(cells[rows] >= 0) & ~np.isnan(better[rows])]
    rows = rows[np.argsort(better[rows], kind="stable")]
    best[cells[rows]] = rows  # of several, the last stays
    return best


def _highest_of_each(
    cells: Int[np.ndarray, " row"], rows: Int[np.ndarray, " some"], values: Float[np.ndarray, " row"]
) -> Float[np.ndarray, " cell"]:
    """The highest value of each cell; NaN where there is none, and at the end."""
    highest = np.full(cells.max(initial=-1) + 2, np.nan)
    rows = rows[cells[rows] >= 0]
    np.fmax.at(highest, cells[rows], values[rows])
    return highest


def _over(
    up: Upward,
    own: Int[np.ndarray, " figure"],
    strongest: Int[np.ndarray, " figure"],
    level: Float[np.ndarray, " figure"],
    needed: Float[np.ndarray, " figure"],
) -> tuple[Float[np.ndarray, " figure"], ...]:
    """The numbers of `OverControls`; `strongest` is -1 where there is none."""
    has_control = strongest >= 0
    better, control = up.better[own], np.where(has_control, up.better[strongest], np.nan)
    apart = up.low[own] - np.where(has_control & ~np.isnan(up.low[strongest]), level, np.nan)
    error = np.hypot(up.reach[own], up.reach[strongest]) / NormalDist().inv_cdf(0.975)
    beyond = np.minimum(better - control - needed * error, apart)
    return (
        up.sign[own] * control,
        up.sign[own] * level,
        better - control,
        apart,
        up.high[own] - np.where(has_control, up.low[strongest], np.nan),
        np.where(np.isnan(beyond) & ~np.isnan(better - control), -np.inf, beyond),
    )


def _needed(
    families: Int[np.ndarray, " figure"], is_asked: Bool[np.ndarray, " figure"]
) -> Float[np.ndarray, " figure"]:
    """How many standard errors a figure must lie beyond its strongest control, as one of all of its family.

    As many as, of so many cells with nothing in them, the largest has in 5 of 100 families at most. Cells
    that go together, as layers and steps do, make that too careful and never too bold.

    Source: Šidák (1967), "Rectangular confidence regions for the means of multivariate normal distributions".
    """
    n_cells = np.bincount(families[is_asked], minlength=families.max(initial=-1) + 1).clip(min=1)
    quantile = NormalDist().inv_cdf
    needed = {n: quantile(0.95 ** (1.0 / n)) for n in set(n_cells.tolist())}
    return np.array([*(needed[n] for n in n_cells.tolist()), np.nan])[families]
