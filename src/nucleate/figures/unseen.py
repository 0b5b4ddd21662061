"""Unseen instances: right assignment beside right answers, over training and layer by layer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nucleate.claims_of_cause import HARDEST_FIRST
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of
from nucleate.scores import Scores
from nucleate.words import POSITIONS, say

_BASELINES = {
    "lookup_table": ("lookup table", (0, (1, 1))),
    "nearest_neighbour": ("1-nearest neighbour", (0, (4, 1, 1, 1))),
    "chance": ("chance", (0, (1, 3))),
}
_RIGHT, _WRONG, _GREY = "#1b7f79", "#c8553d", "#8a8a8a"


@contextmanager
def unseen_figure(unseen: Scores, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Right assignment and right answers over training, and layer by layer at the end."""
    split = next(one for one in HARDEST_FIRST if one in unseen.values("split"))
    frame = unseen.where(split=split).to_pandas()
    positions = list(dict.fromkeys(frame.loc[frame["position"] != "", "position"]))
    title = (
        f"Unseen instances ({split.replace('_', ' ')}):\ndoes the nearest task centroid go with the answer?"
    )
    n_panels, n_columns = 1 + len(positions), 2 if width == ONE_COLUMN else 1 + len(positions)
    n_rows = -(-n_panels // n_columns)
    with figure_of(title, width, 1.6 + 1.8 * n_rows) as figure:
        panels = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False)
        course, *by_layer = panels.flat[:n_panels]
        _draw_course(course, frame, positions)
        for axes, position in zip(by_layer, positions, strict=True):
            _draw_layers(axes, frame[frame["position"] == position])
            axes.set_title(textwrap.fill(say(POSITIONS, position), 16), fontsize=7.5)
        for axes in panels.flat[n_panels:]:
            axes.remove()
        for row in panels:
            row[0].set_ylabel("share of instances")
        course.set_ylim(-0.02, 1.02)
        legends = [axes.get_legend_handles_labels() for axes in (course, *by_layer[:1])]
        handles, words = ([one for legend in legends for one in legend[part]] for part in (0, 1))
        figure.legend(
            handles, words, loc="outside lower left", ncols=2, fontsize=6 if width == ONE_COLUMN else 7.5
        )
        yield figure


def _draw_course(axes: Axes, frame: pd.DataFrame, positions: list[str]) -> None:
    answers = frame[frame["method"] == "model"].sort_values("step")
    axes.fill_between(
        answers["step"], answers["ci_low"], answers["ci_high"], color="#222222", alpha=0.12, lw=0
    )
    axes.plot(answers["step"], answers["value"], color="#222222", lw=1.6, label="answered right")
    assigned = frame[(frame["metric"] == "assignment_accuracy") & (frame["control"] == "none")]
    top = assigned[assigned["layer"] == assigned["layer"].max()]
    for position, dashes in zip(positions, ("-", "--", ":", "-."), strict=False):
        line = top[top["position"] == position].sort_values("step")
        words = f"nearest, {say(POSITIONS, position)}"
        axes.plot(line["step"], line["value"], color=_RIGHT, ls=dashes, lw=1.4, label=words)
    for method, (words, style) in _BASELINES.items():
        for value in frame.loc[frame["method"] == method, "value"][:1]:
            axes.axhline(value, color=_GREY, lw=0.9, ls=style, label=words)
    axes.set_title("over training,\ntop layer", fontsize=7.5)
    axes.set_xlabel("optimizer step")


def _draw_layers(axes: Axes, frame: pd.DataFrame) -> None:
    last = frame[(frame["step"] == frame["step"].max()) & (frame["control"] == "none")]
    last = last[last["layer"].notna()]
    for metric, colour, words in (
        ("accuracy_if_right", _RIGHT, "right, if assigned right"),
        ("accuracy_if_wrong", _WRONG, "right, if assigned wrong"),
    ):
        line = last[last["metric"] == metric].sort_values("layer")
        layers = line["layer"].to_numpy(dtype=float)
        axes.fill_between(
            layers,
            line["ci_low"].astype(float),
            line["ci_high"].astype(float),
            color=colour,
            alpha=0.15,
            lw=0,
        )
        axes.plot(layers, line["value"], color=colour, marker="o", ms=3, lw=1.5, label=words)
    assigned = last[last["metric"] == "assignment_accuracy"].sort_values("layer")
    axes.bar(
        assigned["layer"].to_numpy(dtype=float),
        assigned["value"],
        color=_GREY,
        alpha=0.3,
        label="assigned right",
    )
    axes.set_xlabel("layer")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
