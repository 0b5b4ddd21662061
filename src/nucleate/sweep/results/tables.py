"""The tables over all points of a sweep: scores with the axes as columns, and what seeds agree on.

This module hides that tables depend on the points alone, in the order of the sweep, so that whoever
executed it and in whatever order leaves the same bytes; and how an interval between seeds is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.stats

from nucleate.metrics.ranges import within_ranges
from nucleate.scores import SCHEMA, Scores
from nucleate.scoring.emergence import MEASURES, emergence_table, with_ends_where_measures_lie
from nucleate.sweep.grid import Point
from nucleate.sweep.sweep_folder import SweepFolder
from nucleate.view import View

_SIZES = ("n_clusters", "n_examples")
_OF_ONE_RUN = {"run", "seed", "value", "ci_low", "ci_high", *_SIZES}
"""Columns in which seeds differ; all others say what is compared between them. Each seed has a corpus of its
own, and splits of it are of other sizes."""


def joint_scores(folder: SweepFolder, points: Sequence[Point]) -> pa.Table:
    """The scores of all points; every axis is a column of its name, after those of Scores."""
    types = {key: _type_of([point.axes[key] for point in points]) for key in axes_of(points)}
    return pa.concat_tables(
        _with_axes(folder.read_table("points", point.name, "scores.parquet"), point.axes, types)
        for point in points
    )


def axes_of(points: Sequence[Point]) -> list[str]:
    """The settings that axes move, in the order of the file."""
    return list(points[0].axes) if points else []


def over_seeds(scores: pa.Table) -> pa.Table:
    """Mean of every figure over the seeds, with a 95 % interval between seeds.

    The interval is Student's, from the seeds' spread: what another training would give. One seed has none.
    It ends where the figure can lie.

    Returns: the columns of `scores` less `run` and `seed`; `value` is the mean, `n_seeds` says of how many,
        `n_clusters` and `n_examples` are the fewest of any of them.
    """
    keys = [name for name in scores.column_names if name not in _OF_ONE_RUN]
    spread = ("value", "stddev", pa.compute.VarianceOptions(ddof=1))
    figures = [("value", "mean"), ("value", "count"), spread, *((size, "min") for size in _SIZES)]
    groups = scores.group_by(keys, use_threads=False).aggregate(figures)
    n = groups["value_count"].to_numpy()
    half = _student(n) * np.nan_to_num(groups["value_stddev"].to_numpy()) / np.sqrt(np.maximum(n, 1))
    mean = groups["value_mean"].to_numpy()
    has_spread = n > 1
    low, high = within_ranges(groups["metric"].to_pylist(), mean - half, mean + half)
    columns = {
        **{key: groups[key] for key in keys},
        **{size: groups[f"{size}_min"] for size in _SIZES},
        "n_seeds": groups["value_count"],
        "value": groups["value_mean"],
        "ci_low": pa.array(low, mask=~has_spread),
        "ci_high": pa.array(high, mask=~has_spread),
    }
    return pa.table(columns)


def emergence_over_seeds(scores: pa.Table, axes: Sequence[str]) -> pd.DataFrame:
    """When and how far agreement (ARI of k-means) rose at each combination of the axes: see `Emergence`.

    Returns: a row for each combination, split, position, factor, site, preparation and measure, with `value`,
        the mean over the seeds in which it happened, their interval, `n_seeds` of these and `n_runs`.
    """
    own = emergence_of_points(scores, axes)
    keys = [*axes, "split", "position", "factor", "site", "layer", "preparation", "method", "metric"]
    long = own.melt(id_vars=keys, value_vars=list(MEASURES), var_name="measure", value_name="number")
    groups = long.groupby([*keys, "measure"], dropna=False, sort=False)["number"]
    found = groups.agg(value="mean", n_seeds="count", n_runs="size", spread="std").reset_index()
    n = found["n_seeds"].to_numpy()
    half = _student(n) * found["spread"].to_numpy() / np.sqrt(np.maximum(n, 1))
    found = found.drop(columns="spread").assign(ci_low=found["value"] - half, ci_high=found["value"] + half)
    return with_ends_where_measures_lie(found, "ci_low", "ci_high")


def emergence_of_points(scores: pa.Table, axes: Sequence[str]) -> pd.DataFrame:
    """The rows of `Emergence` of every run, its axes beside them."""
    of_run = scores.select(["run", *axes]).group_by(["run", *axes], use_threads=False).aggregate([])
    plain = scores.select(SCHEMA.names).cast(SCHEMA)
    preparations = [one for one in plain["preparation"].unique().to_pylist() if one]
    found = [emergence_table(Scores(plain), View(preparation=one)) for one in preparations]
    return pd.concat(found, ignore_index=True).drop_duplicates().merge(of_run.to_pandas(), on="run")


def write_table(folder: SweepFolder, table: pa.Table | pd.DataFrame, name: str) -> None:
    """Put a table into the sweep's folder, whole."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    with folder.writing(name) as path:
        pq.write_table(table, path, compression="zstd")


def _student(n: np.ndarray) -> np.ndarray:
    """Half the width of a 95 % interval, in standard errors; NaN for a single value."""
    return np.where(n > 1, scipy.stats.t.ppf(0.975, np.maximum(n - 1, 1)), np.nan)


def _with_axes(scores: pa.Table, axes: Mapping[str, Any], types: Mapping[str, pa.DataType]) -> pa.Table:
    for key, type_ in types.items():
        scores = scores.append_column(key, pa.repeat(pa.scalar(_cell(axes[key]), type_), len(scores)))
    return scores


def _type_of(values: Iterable[Any]) -> pa.DataType:
    """Whole numbers and others together are other numbers; lists are text."""
    kinds = {type(_cell(value)) for value in values}
    if kinds <= {bool}:
        return pa.bool_()
    if kinds <= {int}:
        return pa.int64()
    return pa.float64() if kinds <= {int, float} else pa.string()


def _cell(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else json.dumps(value)
