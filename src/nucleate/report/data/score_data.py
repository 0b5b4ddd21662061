"""Scores as the page's script wants them: series over steps, in typed arrays.

Rows that differ in their step alone are one series. This module hides how strings become small codes, and
how many rows a page can carry. A control of agreement is a level to compare with, so only its last step is
kept. A run of very many checkpoints shows as many of them as fit, evenly drawn, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nucleate.report.analyses import CAUSES, UNSEEN
from nucleate.report.contents import RunContents
from nucleate.report.data.encoding import TypedArray, smallest_unsigned, visible
from nucleate.scoring.excess import FIGURE, LOWER_IS_BETTER, excess_of
from nucleate.spacing import evenly_spaced

KEY = ("run", "split", "position", "factor", "site", "preparation", "method", "metric", "control")
"""What makes a series; `run` is the run's number on this page."""
MOST_ROWS = 300_000
"""Of all runs of a page; a row is 26 bytes and its share of a series' key, compressed some 10."""


def score_data(runs: Sequence[RunContents]) -> dict[str, Any]:
    """All rows of all runs, each of the model's own with the strongest of its controls.

    Returns:
        `names`: for each column of `KEY` its values; `codes`: for each column one code per series;
        `starts`: where each series begins in `step`, `value`, `low`, `high` and `n_examples`;
        `n_steps_in_file`: of the run that has most.
    """
    most = MOST_ROWS // len(runs)
    frame = pd.concat([_fitting(_rows_of(i, run), most) for i, run in enumerate(runs)], ignore_index=True)
    frame = frame.sort_values("order", kind="stable")  # so that sites go from the bottom up
    names: dict[str, list[str]] = {}
    for column in KEY:
        codes, values = pd.factorize(frame[column], sort=column != "site")
        frame[column] = codes
        names[column] = [visible(str(value)) for value in values]
    frame = frame.sort_values([*KEY, "step"], kind="stable")
    keys = frame[list(KEY)].to_numpy()
    begins = np.flatnonzero(np.any(np.diff(keys, axis=0, prepend=-1) != 0, axis=1))
    return {
        "names": names,
        "n_steps_in_file": max(int(run.scores["step"].nunique()) for run in runs),
        "codes": {name: _packed(keys[begins, column]) for column, name in enumerate(KEY)},
        "starts": _packed(np.append(begins, len(frame))),
        "step": _packed(frame["step"].to_numpy()),
        "n_examples": _packed(frame["n_examples"].to_numpy()),
        "value": _floats(frame["value"]),
        "low": _floats(frame["ci_low"]),
        "high": _floats(frame["ci_high"]),
        "strongest": _packed(frame["strongest"].map(_codes(names["control"])).to_numpy()),
        "control_value": _floats(frame["control_value"]),
        "control_high": _floats(frame["control_high"]),
    }


def _rows_of(index: int, run: RunContents) -> pd.DataFrame:
    order = run.scores["layer"].fillna(10**6).where(run.scores["site"] != "", -1)
    frame = with_controls(run.scores).assign(run=index, order=order)
    what = [name for name in KEY if name != "run"]
    last = frame.groupby(what)["step"].transform("max")
    is_level = (frame["control"] != "none") & ~frame["method"].isin([UNSEEN, CAUSES])
    return frame[~is_level | (frame["step"] == last)]


def with_controls(scores: pd.DataFrame) -> pd.DataFrame:
    """The same rows with the strongest control of each: `strongest`, `control_value`, `control_high`.

    `control_high` is what a row's worse end must pass to be clearly beyond its controls as one of all cells;
    without an interval it is the value itself, which cannot.
    A row that has no control, such as a control's own, has no name and NaN there.
    """
    is_alone = scores["step"].nunique() == 1  # a single checkpoint is never its own untrained control
    strongest = excess_of(scores.assign(step=1) if is_alone else scores)
    strongest = strongest.assign(step=scores["step"].iloc[0]) if is_alone else strongest
    is_down = strongest["metric"].isin(LOWER_IS_BETTER)
    worse = strongest["ci_high"].where(is_down, strongest["ci_low"]).fillna(strongest["value"])
    to_pass = worse - strongest["beyond"].replace(-np.inf, 0.0) * np.where(is_down, -1.0, 1.0)
    strongest = strongest.assign(control_high=to_pass)
    strongest = strongest[[*FIGURE, "step", "control", "control_value", "control_high"]]
    named = strongest.rename(columns={"control": "strongest"}).drop_duplicates([*FIGURE, "step"])
    joined = scores.merge(named, on=[*FIGURE, "step"], how="left")
    joined.loc[joined["control"] != "none", ["strongest", "control_value", "control_high"]] = np.nan
    return joined


def _codes(names: list[str]) -> Callable[[object], int]:
    code = {name: index for index, name in enumerate(names)}
    return lambda name: code.get(visible(str(name)), 0)


def _fitting(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """All rows, or those of as many steps, evenly drawn with the first and the last, as fit."""
    steps = np.sort(frame["step"].unique()).tolist()
    kept = len(steps)
    while kept > 2 and frame["step"].isin(evenly_spaced(steps, kept)).sum() > most:
        kept = max(2, int(kept * 0.9))
    return frame[frame["step"].isin(evenly_spaced(steps, kept))]


def _packed(values: np.ndarray) -> TypedArray:
    array = smallest_unsigned(np.asarray(values))
    return TypedArray(array if array.dtype.itemsize <= 4 else array.astype(np.uint32))


def _floats(values: pd.Series) -> TypedArray:
    most = float(
        np.finfo(np.float32).max
    )  # what is larger, such as the ratio of a point to nothing, is cut off
    exact = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return TypedArray(np.clip(exact, -most, most).astype(np.float32))
