"""One run's figures with their intervals, several runs' with their mean and range.

Hidden here: that a figure of one run and one of many seeds are drawn alike.
"""

from __future__ import annotations

import pandas as pd

from nucleate.scores import Scores
from nucleate.scoring.emergence import excess


def over_runs(scores: Scores) -> pd.DataFrame:
    """The figures of `scores` by split, position, factor, site and step, over all runs.

    Returns: `value`, `control_high` and `beyond`, means over runs; `control`, the strongest of most runs;
        `low` and `high`: the 95 % interval of a single run, the lowest and highest value of several.
    """
    frame = excess(scores)
    if n_runs(scores) == 1:
        low, high = frame["ci_low"].fillna(frame["value"]), frame["ci_high"].fillna(frame["value"])
        return frame.assign(low=low, high=high).drop(columns=["ci_low", "ci_high"])
    return frame.groupby(["split", "position", "factor", "site", "step"], as_index=False, sort=True).agg(
        layer=("layer", "first"),
        value=("value", "mean"),
        control_high=("control_high", "mean"),
        beyond=("beyond", "mean"),
        control=("control", lambda names: names.mode().iloc[0] if names.notna().any() else None),
        low=("value", "min"),
        high=("value", "max"),
    )


def n_runs(scores: Scores) -> int:
    """Number of runs in a table: of pairs of a run's name and its seed."""
    return len(scores.table.select(["run", "seed"]).group_by(["run", "seed"]).aggregate([]))


def spread_words(runs: int) -> str:
    """What a band shows."""
    return "95 % interval" if runs == 1 else f"range over {runs} runs"
