"""When a figure rises, how high, and whether it stays: the excess over controls, followed over steps.

This module hides what a figure is compared with. A figure counts only by what it has over the strongest of
its controls, and everything said of its rise is said of that excess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from statistics import NormalDist

import numpy as np
import pandas as pd
from jaxtyping import Float

from nucleate.metrics.curves import crossing_step, late, late_gain, onset_step
from nucleate.resampling.intervals import shown_ends
from nucleate.scores import Scores
from nucleate.view import View

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

HalfWays = Mapping[tuple[str, int, str], float | None]
"""The step at which something of a run, seed and split was half of the way; None: it never came about."""


def excess(scores: Scores) -> pd.DataFrame:
    """What every figure has over the strongest of its controls.

    The strongest control is the one with the best value at the same step: the highest, or the lowest for
    `LOWER_IS_BETTER`; `shuffled_labels` is none for `CHANCE_CORRECTED`. The figures of step 0 are their own
    untrained control, so nothing exceeds its controls before training.

    Returns: the rows of the model itself (`control="none"` in `scores`), sorted by step, with the columns
        `control`: name of the strongest control;
        `control_value`: its value;
        `control_high`: the best end of the intervals of all controls, the level that a figure must pass;
        `excess`: `value - control_value`, or the other way round where lower is better;
        `excess_low`, `excess_high`: the figure's worse end less `control_high`, and its better end less
        `control_value`. Above 0, the lower end says that the figure's interval lies beyond those of all
        controls.
        `beyond`: by how much the figure's worse end passes the level that is corrected for all cells of its
        `FAMILY`. Above 0 it is clearly beyond its controls, also as one of many: see `_beyond`.
        All are NaN where a figure has no control.
    """
    return excess_of(scores.to_pandas())


def excess_of(frame: pd.DataFrame) -> pd.DataFrame:
    """`excess` of scores that are a table of pandas already."""
    frame = _better_up(frame[~frame["control"].isin(REFERENCES)])
    is_figure = frame["control"] == "none"
    figures = frame[is_figure].drop(columns="control").sort_values("step", kind="stable")
    untrained = figures[figures["step"] == 0].assign(control="untrained")
    controls = pd.concat([frame[~is_figure], untrained]).sort_values("better", kind="stable")
    controls["level"] = controls[["better", "better_high"]].max(axis=1)
    controls["reach"] = _reach(controls)
    is_chance = (controls["control"] == "shuffled_labels") & controls["metric"].isin(CHANCE_CORRECTED)
    keys = [*FIGURE, "step"]
    strongest = controls[~is_chance].groupby(keys, as_index=False)
    named = {"control": ("control", "last"), "strongest": ("better", "last"), "reach": ("reach", "last")}
    joined = figures.merge(strongest.agg(**named), on=keys, how="left").merge(
        controls.groupby(keys, as_index=False).agg(level=("level", "max")), on=keys, how="left"
    )
    low, high = (joined[end].fillna(joined["better"]) for end in ("better_low", "better_high"))
    columns = {
        "control_value": joined["sign"] * joined["strongest"],
        "control_high": joined["sign"] * joined["level"],
        "excess": joined["better"] - joined["strongest"],
        "excess_low": low - joined["level"].where(joined["strongest"].notna()),
        "excess_high": high - joined["strongest"],
        "beyond": _beyond(joined, low),
    }
    return joined.assign(**columns).drop(columns=[*_UP, "strongest", "level", "reach"])


def _reach(figures: pd.DataFrame) -> pd.Series:
    """Half the width of the interval, 0 where there is none."""
    return (figures["ci_high"] - figures["ci_low"]).fillna(0.0) / 2


def _beyond(figures: pd.DataFrame, low: pd.Series) -> pd.Series:
    """How far a figure is beyond its controls as one of all cells of its family.

    Its interval must lie beyond those of all controls, and its distance from the strongest be as many
    standard errors as, of so many cells with nothing in them, the largest has in 5 of 100 families at most.
    Cells that go together, as layers and steps do, make that too careful and never too bold.

    Source: Šidák (1967), "Rectangular confidence regions for the means of multivariate normal distributions".
    """
    is_asked = figures["strongest"].notna() & (figures["step"] > 0)
    n_cells = is_asked.groupby([figures[name] for name in FAMILY]).transform("sum").clip(lower=1)
    quantile = NormalDist().inv_cdf
    error = np.hypot(_reach(figures), figures["reach"]) / quantile(0.975)
    needed = n_cells.map({n: quantile(0.95 ** (1.0 / n)) for n in n_cells.unique()})
    far_enough = figures["better"] - figures["strongest"] - needed * error
    apart = low - figures["level"].where(figures["strongest"].notna())
    return far_enough.where(far_enough < apart, apart)


_UP = ["sign", "better", "better_low", "better_high"]


def _better_up(frame: pd.DataFrame) -> pd.DataFrame:
    """With the columns `_UP`: values and ends as they are or, where lower is better, turned over."""
    sign = np.where(frame["metric"].isin(LOWER_IS_BETTER), -1.0, 1.0)
    is_up = sign > 0
    return frame.assign(
        sign=sign,
        better=sign * frame["value"],
        better_low=sign * frame["ci_low"].where(is_up, frame["ci_high"]),
        better_high=sign * frame["ci_high"].where(is_up, frame["ci_low"]),
    )


@dataclass(frozen=True)
class Emergence:
    """How one figure of one run rose over training. Steps are optimizer steps; None: it did not happen.

    Attributes:
        control: the strongest control at the last step.
        onset: first checkpoint from which the figure stays beyond all controls, corrected for all cells.
        half_rise: where the excess first reaches half of its highest, interpolated between checkpoints.
        level: mean of the figure over the last third of training.
        level_excess: mean of its excess over the last third.
        late_gain: what a straight line through the excess gains over the last third.
        peak: best value: the highest, or the lowest where lower is better.
        overshoot: by how much the last step is worse than the peak where their intervals lie apart, else 0.
        lag: `half_rise` less that of task accuracy on the same split; above 0 the figure rose later.
        lag_loss: `half_rise` less the step at which the loss of that split had half of its fall behind it.
    """

    run: str
    model: str
    seed: int
    split: str
    position: str
    factor: str
    site: str
    layer: int | None
    preparation: str
    method: str
    metric: str
    control: str | None
    onset: float | None
    half_rise: float | None
    level: float
    level_excess: float
    late_gain: float
    peak: float
    overshoot: float
    lag: float | None
    lag_loss: float | None


MEASURES = (
    "onset",
    "half_rise",
    "level",
    "level_excess",
    "late_gain",
    "peak",
    "overshoot",
    "lag",
    "lag_loss",
)
"""The columns of the table that are measured, as against those that say of what."""


def emergence_table(scores: Scores, view: View) -> pd.DataFrame:
    """A row of `Emergence` for each run, split, position, factor and site, and one for task accuracy.

    The rows of task accuracy (`metric="accuracy"`) have an empty position, factor and site.

    Args:
        scores: of one run or several, with two steps or more.
        view: whose metric, method and preparation are followed, at every position and split; beside agreement
            across dialects plain agreement too.
    """
    falls = _half_falls(scores.where(metric="loss", method="model", control="none"))
    accuracy = _follow(excess(scores.where(metric="accuracy", method="model")), {}, falls)
    rises = {(row.run, row.seed, row.split): row.half_rise for row in accuracy}
    every = ("split", "position", "factor", "metric")
    metrics = list(dict.fromkeys([view.metric, *(["ari"] if view.metric == "ari_across" else [])]))
    chosen = excess(view.rows(scores.where(metric=metrics), every=every))
    return _frame([*accuracy, *_follow(chosen, rises, falls)])


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Mean of every measure over the runs of a table, which differ in their seeds, and its interval.

    Returns: a row for each split, position, factor, site and measure, with `mean`, the ends `low` and `high`
        of the 95 % interval between seeds (of two their range; see `shown_ends`), and `n`, the number of runs
        in which it happened, beside `n_runs`.
    """
    keys = ["split", "position", "factor", "site", "layer", "preparation", "method", "metric"]
    long = table.melt(id_vars=keys, value_vars=list(MEASURES), var_name="measure", value_name="number")
    groups = long.groupby([*keys, "measure"], dropna=False, sort=False)["number"]
    return groups.agg(
        mean="mean",
        low=lambda values: shown_ends(values.to_numpy(float))[0],
        high=lambda values: shown_ends(values.to_numpy(float))[1],
        n="count",
        n_runs="size",
    ).reset_index()


def _half_falls(losses: Scores) -> HalfWays:
    """Where the loss of each run and split has come down half of the way to its lowest, in steps."""
    frame = losses.to_pandas().sort_values("step", kind="stable")
    falls: dict[tuple[str, int, str], float | None] = {}
    for _, curve in frame.groupby(["run", "seed", "split"]):
        first, steps = curve.iloc[0], curve["step"].to_numpy(float)
        fallen = first["value"] - curve["value"].to_numpy(float)
        half = crossing_step(steps, fallen, fallen.max() / 2) if fallen.max() > 0 else None
        falls[first["run"], int(first["seed"]), first["split"]] = half
    return falls


def _follow(figures: pd.DataFrame, rises: HalfWays, falls: HalfWays) -> list[Emergence]:
    groups = figures.groupby(list(FIGURE), sort=False)
    return [_emergence(curve, rises, falls) for _, curve in groups if curve["step"].nunique() > 1]


def _emergence(curve: pd.DataFrame, rises: HalfWays, falls: HalfWays) -> Emergence:
    first, steps = curve.iloc[0], curve["step"].to_numpy(float)
    value, over = curve["value"].to_numpy(), curve["excess"].to_numpy()
    curve = _better_up(curve)
    better, sign = curve["better"].to_numpy(), float(curve["sign"].iloc[0])
    half_rise = _half_rise(steps, over, curve["excess_low"].to_numpy())
    of_split = first["run"], int(first["seed"]), first["split"]
    return Emergence(
        **{name: first[name] for name in FIGURE if name != "seed"},
        seed=int(first["seed"]),
        layer=None if pd.isna(first["layer"]) else int(first["layer"]),
        control=None if pd.isna(curve["control"].iloc[-1]) else curve["control"].iloc[-1],
        onset=onset_step(steps, curve["beyond"].to_numpy() > 0),
        half_rise=half_rise,
        level=float(value[late(steps)].mean()),
        level_excess=float(over[late(steps)].mean()),
        late_gain=late_gain(steps, over),
        peak=sign * float(better.max()),
        overshoot=_overshoot(curve),
        lag=_behind(half_rise, rises.get(of_split)),
        lag_loss=_behind(half_rise, falls.get(of_split)),
    )


def _behind(step: float | None, other: float | None) -> float | None:
    return None if step is None or other is None else step - other


def _half_rise(
    steps: Float[np.ndarray, " step"], over: Float[np.ndarray, " step"], low: Float[np.ndarray, " step"]
) -> float | None:
    """None where even the highest excess is not sure: there is then no rise to halve."""
    if np.isnan(over).all() or not low[np.nanargmax(over)] > 0:
        return None
    return crossing_step(steps, over, float(np.nanmax(over)) / 2)


def _overshoot(curve: pd.DataFrame) -> float:
    peak, last = curve.iloc[int(curve["better"].to_numpy().argmax())], curve.iloc[-1]
    if pd.isna(last["better_high"]) or pd.isna(peak["better_low"]):
        return 0.0
    is_apart = last["better_high"] < peak["better_low"]
    return float(peak["better"] - last["better"]) if is_apart else 0.0


def _frame(rows: Iterable[Emergence]) -> pd.DataFrame:
    names = [field.name for field in fields(Emergence)]
    frame = pd.DataFrame([asdict(row) for row in rows], columns=names)
    return frame.astype({"layer": "Int64", **dict.fromkeys(MEASURES, "float64")})
