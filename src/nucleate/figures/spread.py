"""One run's figures with their intervals, several seeds' with their mean and the interval between seeds.

This module hides that a figure of one run and one of many seeds are drawn alike, and from how many seeds on
there is an interval to draw.
"""

from __future__ import annotations

import pandas as pd

from nucleate.metrics.ranges import within_ranges
from nucleate.resampling.intervals import LEAST_SEEDS, shown_ends
from nucleate.scores import Scores
from nucleate.scoring.excess import excess

LOWEST_SHOWN = -0.25
"""An interval between few seeds can reach far below; it is cut off there, and at the top."""
_PLACE = ["split", "position", "factor", "site", "step"]


def over_runs(scores: Scores) -> pd.DataFrame:
    """The figures of `scores` by split, position, factor, site and step, over all runs.

    Returns: `value`, `control_high` and `beyond`, means over runs; `control`, the strongest of most runs;
        `low` and `high`: the 95 % interval of a single run, or that between seeds of several (of the mean, by
        Student); of two runs the lower and the higher value.
    """
    frame = excess(scores)
    if n_runs(scores) == 1:
        low, high = frame["ci_low"].fillna(frame["value"]), frame["ci_high"].fillna(frame["value"])
        return frame.assign(low=low, high=high).drop(columns=["ci_low", "ci_high"])
    rows = frame.groupby(_PLACE, as_index=False, sort=True).agg(
        metric=("metric", "first"),
        layer=("layer", "first"),
        control_high=("control_high", "mean"),
        beyond=("beyond", "mean"),
        control=("control", lambda names: names.mode().iloc[0] if names.notna().any() else None),
        value=("value", "mean"),
        low=("value", lambda values: shown_ends(values.to_numpy(float))[0]),
        high=("value", lambda values: shown_ends(values.to_numpy(float))[1]),
    )
    ends = within_ranges(list(rows["metric"]), rows["low"].to_numpy(float), rows["high"].to_numpy(float))
    return rows.assign(low=ends[0], high=ends[1])


def each_run(scores: Scores) -> list[pd.DataFrame]:
    """The figures of every run by itself, where there are several; none where there is one."""
    if n_runs(scores) == 1:
        return []
    return [rows for _, rows in excess(scores).groupby(["run", "seed"], sort=True)]


def n_runs(scores: Scores) -> int:
    """Number of runs in a table: of pairs of a run's name and its seed."""
    return len(scores.table.select(["run", "seed"]).group_by(["run", "seed"]).aggregate([]))


def spread_words(runs: int) -> str:
    """What a band shows."""
    if runs == 1:
        return "95 % interval"
    return f"95 % interval between {runs} seeds" if runs >= LEAST_SEEDS else f"range of {runs} seeds"
