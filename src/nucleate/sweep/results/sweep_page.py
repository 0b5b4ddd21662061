"""The page of a sweep: any measure over any two axes, and a way to every point's own page.

This module hides how it stays one file that asks nobody for anything: its script, style and numbers are in
it, and its policy lets nothing else run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from nucleate.report.arms_section import arms_section, arms_style
from nucleate.report.data.encoding import script_json, visible
from nucleate.report.page import content_security_policy

_DIGITS = 4


def sweep_page(
    name: str,
    measures: pd.DataFrame,
    axes: Sequence[str],
    pages: Mapping[str, str],
    where: Mapping[str, str],
    arms: pd.DataFrame | None = None,
) -> str:
    """The whole page.

    Args:
        name: of the sweep.
        measures: of all points; see `measures_table`.
        axes: of the sweep.
        pages: where a point's own page is, for those that kept theirs.
        where: `position` and `split` that are shown first.
        arms: the table of control arms, of a sweep of such.
    """
    style, script = _own("sweep.css") + arms_style(), _own("sweep.js")
    data = page_data(measures, axes, pages) | {"first": dict(where)}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_own("sweep.html")).render(
        title=visible(name),
        policy=content_security_policy([script], [style]),
        style=Markup(style),
        script=Markup(script),
        data=Markup(script_json(data)),
        arms=None if arms is None or arms.empty else arms_section(arms),
        n_points=measures["run"].nunique(),
        n_seeds=measures["seed"].nunique(),
    )


def page_data(measures: pd.DataFrame, axes: Sequence[str], pages: Mapping[str, str]) -> dict[str, Any]:
    """Points with their axes, and the numbers of each: `[point, split, position, layer, measure, value]`."""
    points = measures[["run", "seed", *axes]].drop_duplicates("run").reset_index(drop=True)
    place = {run: index for index, run in enumerate(points["run"])}
    names = {
        key: sorted(measures[key].unique()) if key != "measure" else list(measures[key].unique())
        for key in ("split", "position", "measure")
    }
    columns = [measures["run"].map(place)]
    columns += [
        measures[key].map({one: i for i, one in enumerate(names[key])}) for key in ("split", "position")
    ]
    columns += [measures["layer"].astype(object).where(measures["layer"].notna(), -1)]
    columns += [measures["measure"].map({one: i for i, one in enumerate(names["measure"])})]
    numbers = [None if pd.isna(value) else float(f"{value:.{_DIGITS}g}") for value in measures["value"]]
    rows = [[*map(int, row), number] for *row, number in zip(*columns, numbers, strict=True)]
    return {
        "axes": list(axes),
        "points": [
            {
                "name": one["run"],
                "seed": int(one["seed"]),
                "values": [_plain(one[axis]) for axis in axes],
                "page": pages.get(one["run"], ""),
            }
            for one in points.to_dict("records")
        ],
        "rows": rows,
        **names,
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: pandas gives NumPy's."""
    value = value.item() if hasattr(value, "item") else value
    return visible(value) if isinstance(value, str) else value


def _own(name: str) -> str:
    return (resources.files("nucleate") / "sweep" / "results" / name).read_text(encoding="utf-8")
