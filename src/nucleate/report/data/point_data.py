"""Projections as the page's script wants them, within a budget of bytes.

This module hides how many points a page can carry. A long run has many pictures, so it shows fewer points
in each, and where that is not enough, fewer steps. What was left out is said on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nucleate.pictures.points_table import Projections
from nucleate.report.data.encoding import TypedArray, smallest_unsigned, visible
from nucleate.spacing import evenly_spaced

USUAL_BYTES, MOST_BYTES = 900_000, 7_000_000
"""For all runs of a page: what is aimed at, and what is never passed; base64 adds a third."""
FEWEST_POINTS = 500
_BYTES_PER_POINT = 5  # two coordinates of 16 bits and a cluster
_NOT_LABELS = ("instance", "instruction_id", "id", "predicted")


def point_data(projections: Projections, n_runs: int = 1, n_points: int | None = None) -> dict[str, Any]:
    """Points, labels and answers of one run.

    Args:
        projections: of the run.
        n_runs: that share the page.
        n_points: instead of what the budget gives.

    Returns:
        `frames`: name to its own `steps` and, for each of them, x and y of its `n` points; both are 16 bits
        between the `low` and `high` that all steps of an embedding, position and site share. `cluster` names
        the entry of `clusters` that the place shares with other maps of the same states.
        `ids`: the instance of every point, where they are numbered.
        `neighbors`: of each position and site the nearest points and the distances to centroids, by step.
        `columns`: of each label its distinct `texts` and a `code` per point.
    """
    table = projections.frames
    n_points = n_points or points_within(
        _whole_frames(table, projections.examples.num_rows), projections.examples.num_rows, n_runs
    )
    steps = steps_within(projections.steps, table.num_rows, n_points, n_runs)
    examples = projections.examples.slice(0, n_points)
    answers = np.array(examples["predicted"].to_pylist(), dtype=object)
    kept = [projections.steps.index(step) for step in steps]
    return {
        "n_points": examples.num_rows,
        "n_points_in_file": projections.examples.num_rows,
        "steps": steps,
        "n_steps_in_file": len(projections.steps),
        "ids": _ids(examples),
        "clusters": _clusters(table, set(steps), examples.num_rows),
        "frames": _frames(table, set(steps), examples.num_rows),
        "neighbors": _neighbors(projections.neighbors, set(steps), examples.num_rows),
        "columns": {
            visible(name): _column(visible(name), examples[name].to_pylist())
            for name in examples.column_names
            if name not in _NOT_LABELS and not pa.types.is_nested(examples.schema.field(name).type)
        },
        "predicted": _column("predicted", answers[:, kept].T.ravel().tolist()),
    }


def _whole_frames(frames: pa.Table, n_points: int) -> int:
    """Pictures of all points; those of a few cost next to nothing."""
    return int(pc.sum(pc.equal(pc.list_value_length(frames["x"]), n_points)).as_py() or frames.num_rows)


def points_within(n_frames: int, available: int, n_runs: int) -> int:
    """Points per picture that the usual budget carries, but not too few to see anything."""
    fitting = USUAL_BYTES // (n_runs * n_frames * _BYTES_PER_POINT)
    return min(available, max(FEWEST_POINTS, fitting))


def steps_within(steps: list[int], n_frames: int, n_points: int, n_runs: int) -> list[int]:
    """All steps, or as many, evenly drawn with the first and the last, as the largest budget carries."""
    per_step = n_frames / len(steps) * n_points * _BYTES_PER_POINT
    return evenly_spaced(steps, max(2, int(MOST_BYTES / (n_runs * per_step))))


def _frames(table: pa.Table, steps: set[int], n_points: int) -> dict[str, Any]:
    rows = [row for row in table.to_pylist() if row["step"] in steps]
    places: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        places.setdefault((row["embedding"], row["position"], row["site"]), []).append(row)
    return {
        visible("/".join(place)): _place(sorted(frames, key=lambda row: row["step"]), n_points)
        for place, frames in places.items()
    }


def _place(frames: list[Mapping[str, Any]], n_points: int) -> dict[str, Any]:
    """The pictures of one embedding, position and site, one step after the other."""
    xy = np.array([[row["x"][:n_points], row["y"][:n_points]] for row in frames])
    low, high = xy.min(), xy.max()
    scaled = np.rint((xy - low) / max(high - low, 1e-9) * 65535).astype(np.uint16)
    return {
        "n": xy.shape[2],
        "steps": [row["step"] for row in frames],
        "low": float(low),
        "high": float(high),
        "xy": TypedArray(scaled),
        "cluster": visible(f"{frames[0]['position']}/{frames[0]['site']}"),
    }


def _clusters(table: pa.Table, steps: set[int], n_points: int) -> dict[str, Any]:
    """Of every position and site the clusters of all points at each step: maps of it share them."""
    found: dict[str, dict[int, list[int]]] = {}
    for row in table.select(["position", "site", "step", "cluster"]).to_pylist():
        if row["step"] in steps:
            by_step = found.setdefault(visible(f"{row['position']}/{row['site']}"), {})
            members = row["cluster"][:n_points]
            if len(members) >= len(by_step.get(row["step"], ())):
                by_step[row["step"]] = members
    return {
        name: {
            "steps": sorted(by_step),
            "code": TypedArray(smallest_unsigned(np.array([by_step[step] for step in sorted(by_step)]))),
        }
        for name, by_step in found.items()
    }


def _neighbors(table: pa.Table, steps: set[int], n_points: int) -> dict[str, Any]:
    """Neighbors among the points that the page keeps, by position and site."""
    places: dict[str, list[Mapping[str, Any]]] = {}
    for row in table.sort_by("step").to_pylist():
        if row["step"] in steps and 0 < len(row["to_own"]) <= n_points:
            places.setdefault(visible(f"{row['position']}/{row['site']}"), []).append(row)
    return {name: _beside(rows) for name, rows in places.items()}


def _beside(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    n = len(rows[0]["to_own"])
    furthest = max(max(row[end]) for row in rows for end in ("to_own", "to_other")) or 1.0
    return {
        "steps": [row["step"] for row in rows],
        "n": n,
        "per_point": len(rows[0]["nearest"]) // n,
        "factor": visible(rows[0]["factor"]),
        "nearest": TypedArray(smallest_unsigned(np.array([row["nearest"] for row in rows]))),
        "furthest": furthest,
        "to_own": _shares([row["to_own"] for row in rows], furthest),
        "to_other": _shares([row["to_other"] for row in rows], furthest),
    }


def _shares(distances: list[list[float]], furthest: float) -> TypedArray:
    return TypedArray(np.rint(np.array(distances) / furthest * 65535).astype(np.uint16))


def _ids(examples: pa.Table) -> TypedArray | None:
    if "instance" not in examples.column_names or not pa.types.is_integer(examples["instance"].type):
        return None
    return TypedArray(smallest_unsigned(examples["instance"].to_numpy().astype(np.int64)).astype(np.uint32))


def _column(name: str, values: list[Any]) -> dict[str, Any]:
    """Distinct texts in order and a code per value; a whole number is named after its column."""
    distinct = sorted(set(values), key=lambda value: (value is None, value))
    code = {value: index for index, value in enumerate(distinct)}
    texts = [_text(name, value) for value in distinct]
    return {"texts": texts, "code": TypedArray(smallest_unsigned(np.array([code[v] for v in values])))}


def _text(name: str, value: Any) -> str:
    if value is None:
        return "–"
    return f"{name} {value}" if isinstance(value, int) else visible(str(value))
