"""When a figure rises, how high, and whether it stays: the excess over controls, followed over steps.

This module hides how a curve becomes a row. A figure counts only by what it has over the strongest of its
controls, and everything said of its rise is said of that excess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from nucleate.lazy import Float
from nucleate.metrics.curves import crossing_step, late, late_gain, onset_step
from nucleate.metrics.ranges import within_ranges
from nucleate.resampling.intervals import shown_ends
from nucleate.scores import Scores
from nucleate.scoring.excess import FIGURE, LOWER_IS_BETTER, Upward, excess
from nucleate.view import View

HalfWays = Mapping[tuple[str, int, str], float | None]
"""The step at which something of a run, seed and split was half of the way; None: it never came about."""


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
    found = groups.agg(
        mean="mean",
        low=lambda values: shown_ends(values.to_numpy(float))[0],
        high=lambda values: shown_ends(values.to_numpy(float))[1],
        n="count",
        n_runs="size",
    ).reset_index()
    return with_ends_where_measures_lie(found, "low", "high")


def with_ends_where_measures_lie(found: pd.DataFrame, low: str, high: str) -> pd.DataFrame:
    """The rows with the ends of intervals, in columns `low` and `high`, moved to where each measure can lie.

    That is where its metric can for what is a mean or a value of it, and no step lies before the first.
    """
    of_metric = found["measure"].isin(["level", "peak"])
    figures = found["metric"].where(of_metric, found["measure"])
    ends = within_ranges(list(figures), found[low].to_numpy(float), found[high].to_numpy(float))
    return found.assign(**dict(zip((low, high), ends, strict=True)))


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
    ends = (curve[name].to_numpy(float) for name in ("value", "ci_low", "ci_high"))
    up = Upward.of(curve["metric"].isin(LOWER_IS_BETTER).to_numpy(bool), *ends)
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
        peak=float(up.sign[0] * up.better.max()),
        overshoot=_overshoot(up),
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


def _overshoot(up: Upward) -> float:
    peak = int(up.better.argmax())
    is_apart = up.high[-1] < up.low[peak]  # and both are there
    return float(up.better[peak] - up.better[-1]) if is_apart else 0.0


def _frame(rows: Iterable[Emergence]) -> pd.DataFrame:
    names = [field.name for field in fields(Emergence)]
    frame = pd.DataFrame([asdict(row) for row in rows], columns=names)
    return frame.astype({"layer": "Int64", **dict.fromkeys(MEASURES, "float64")})
