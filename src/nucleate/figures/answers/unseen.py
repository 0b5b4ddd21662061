"""Unseen instances: right assignment beside right answers, over training and layer by layer.

Above, what is answered right where states lie with their own task and where not; below, how well the margin
ranks right answers over wrong ones, and how far the model comes beside what needs no model.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nucleate.claims.evidence import hardest_split
from nucleate.display_names import POSITIONS, say
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of
from nucleate.scores import Scores

_BASELINES = {"lookup_table": "lookup table", "nearest_neighbor": "1-nearest\nneighbor", "chance": "chance"}
_RIGHT, _WRONG, _GRAY, _ASSIGNED = "#1b7f79", "#c8553d", "#8a8a8a", "#3f78b5"
"""Gray is of what needs no model, or of centroids that mean nothing; blue is of what lies with its task."""


@contextmanager
def unseen_figure(unseen: Scores, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Right assignment and right answers over training, and layer by layer at the end.

    Of the split that the claim is judged on; the hardest where too few answers are wrong to judge any.
    """
    split, frame, positions = _looked_at(unseen)
    title = (
        f"Unseen instances ({split.replace('_', ' ')}):\ndoes the nearest task centroid go with the answer?"
    )
    # A row per position in a column, a column per position on a page.
    shape, height = ((1 + len(positions), 2), 1.6 + 1.8 * (1 + len(positions)))
    if width != ONE_COLUMN:
        shape, height = (2, 1 + len(positions)), 5.0
    with figure_of(title, width, height) as figure:
        panels = figure.subplots(*shape, squeeze=False)
        panels = panels.T if width == ONE_COLUMN else panels
        has_course = frame["step"].nunique() > 1
        beside = panels[1, 0] if has_course else _both(figure, panels)
        if has_course:
            _draw_course(panels[0, 0], frame, positions)
        _draw_baselines(beside, frame)
        for column, position in zip(panels[:, 1:].T, positions, strict=True):
            here = frame[(frame["position"] == position) & (frame["step"] == frame["step"].max())]
            _draw_layers(column[0], here)
            _draw_ranks(column[1], here)
            for axes in column:
                axes.xaxis.set_major_locator(MaxNLocator(4 if width == ONE_COLUMN else "auto", integer=True))
            column[0].set_title(textwrap.fill(say(POSITIONS, position), 18), fontsize=7.5)
        above = list(panels[0, 0 if has_course else 1 :])
        for axes in above:
            axes.set_ylim(-0.02, 1.02)
        above[0].set_ylabel("share of instances")
        panels[1, 1].set_ylabel("AUROC of the margin\nfor a right answer")
        _legend_below(figure, [*above[:2], panels[1, 1]], 1 if width == ONE_COLUMN else 3)
        yield figure


def _both(figure: Figure, panels: np.ndarray) -> Axes:
    """One panel in the place of the first two: of a single step there is no course to draw."""
    spans = [panel.get_subplotspec() for panel in panels[:, 0]]
    for panel in panels[:, 0]:
        panel.remove()
    rows, columns = ([one.rowspan.start for one in spans], [one.colspan.start for one in spans])
    grid = spans[0].get_gridspec()
    return figure.add_subplot(grid[min(rows) : max(rows) + 1, min(columns) : max(columns) + 1])


def draw_unseen(axes: Axes, unseen: Scores) -> None:
    """Right assignment in the top layer and right answers over training, on Axes of one's own."""
    split, frame, positions = _looked_at(unseen)
    _draw_course(axes, frame, positions)
    axes.set(ylabel="share of instances", title=split.replace("_", " "), ylim=(-0.02, 1.02))
    axes.legend(fontsize=6.5)


def _looked_at(unseen: Scores) -> tuple[str, pd.DataFrame, list[str]]:
    """The split, its figures and their positions."""
    split = str(hardest_split(unseen) or hardest_split(unseen, least_errors=0))
    frame = unseen.where(split=split).to_pandas()
    return split, frame, list(dict.fromkeys(frame.loc[frame["position"] != "", "position"]))


def _legend_below(figure: Figure, drawn: list[Axes], n_columns: int) -> None:
    legends = [axes.get_legend_handles_labels() for axes in drawn]
    handles = [one for of_axes, _ in legends for one in of_axes]
    words = [str(one) for _, of_axes in legends for one in of_axes]
    figure.legend(handles, words, loc="outside lower left", ncols=n_columns, fontsize=6.5)


def _draw_course(axes: Axes, frame: pd.DataFrame, positions: list[str]) -> None:
    answers = frame[(frame["method"] == "model") & (frame["metric"] == "accuracy")].sort_values("step")
    axes.fill_between(
        answers["step"], answers["ci_low"], answers["ci_high"], color="#222222", alpha=0.12, lw=0
    )
    axes.plot(answers["step"], answers["value"], color="#222222", lw=1.8, label="answered right")
    assigned = frame[(frame["metric"] == "assignment_accuracy") & (frame["control"] == "none")]
    top = assigned[assigned["layer"] == assigned["layer"].max()]
    for position, dashes in zip(positions, ("-", "--", ":", "-."), strict=False):
        line = top[top["position"] == position].sort_values("step")
        axes.fill_between(line["step"], line["ci_low"], line["ci_high"], color=_ASSIGNED, alpha=0.08, lw=0)
        words = f"nearest to its own task, {say(POSITIONS, position)}"
        axes.plot(line["step"], line["value"], color=_ASSIGNED, ls=dashes, lw=1.4, label=words)
    axes.set_title("over training,\ntop layer", fontsize=7.5)
    axes.set_xlabel("optimizer step")


def _draw_baselines(axes: Axes, frame: pd.DataFrame) -> None:
    """The model at the last step beside what needs none."""
    last = frame[(frame["step"] == frame["step"].max()) & (frame["metric"] == "accuracy")]
    there = pd.concat([last[last["method"] == method] for method in ("model", *_BASELINES)])
    colors = ["#222222", *[_GRAY] * (len(there) - 1)]
    axes.barh(range(len(there)), there["value"], color=colors, alpha=0.75, height=0.62)
    reach = [there["value"] - there["ci_low"], there["ci_high"] - there["value"]]
    ends = [end.fillna(0.0).clip(lower=0.0) for end in reach]
    axes.errorbar(there["value"], range(len(there)), xerr=ends, fmt="none", ecolor="#555555", lw=1)
    highs = there["ci_high"].fillna(there["value"])
    for height, (value, high) in enumerate(zip(there["value"], highs, strict=True)):
        axes.text(high + 0.03, height, f"{value:.2f}", va="center", fontsize=6.5)
    axes.set_yticks(range(len(there)), [_BASELINES.get(method, method) for method in there["method"]])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.25)
    axes.set_xticks([0, 0.5, 1])
    axes.grid(visible=False, axis="y")
    axes.set_title("last step" if frame["step"].nunique() > 1 else "all instances", fontsize=7.5)
    axes.set_xlabel("answered right")


def _draw_ranks(axes: Axes, last: pd.DataFrame) -> None:
    """AUROC by layer, over the range that shuffled centroids reach."""
    ranks = last[(last["metric"] == "auroc") & last["layer"].notna()].sort_values("layer")
    for control, color, words in (
        ("shuffled_labels", _GRAY, "AUROC, margin to shuffled centroids"),
        ("none", _RIGHT, "AUROC, margin"),
    ):
        line = ranks[ranks["control"] == control]
        layers = line["layer"].to_numpy(dtype=float)
        ends = line[["ci_low", "ci_high"]].astype(float)
        axes.fill_between(layers, ends["ci_low"], ends["ci_high"], color=color, alpha=0.18, lw=0)
        axes.plot(layers, line["value"], color=color, marker="o", ms=2.6, lw=1.5, label=words)
    axes.axhline(0.5, color="#555555", lw=0.7, ls=":")
    axes.set_ylim(0.0, 1.02)
    axes.set_xlabel("layer")


def _draw_layers(axes: Axes, last: pd.DataFrame) -> None:
    """Lines are broken at layers where no instance lies with its own task, or none with another."""
    last = last[(last["control"] == "none") & last["layer"].notna()]
    every = sorted(last["layer"].unique())
    for metric, color, words in (
        ("accuracy_if_right", _RIGHT, "right, if nearest to its own task"),
        ("accuracy_if_wrong", _WRONG, "right, if nearest to another"),
    ):
        line = last[last["metric"] == metric].set_index("layer").reindex(every)
        layers = line.index.to_numpy(dtype=float)
        axes.fill_between(
            layers,
            line["ci_low"].astype(float),
            line["ci_high"].astype(float),
            color=color,
            alpha=0.15,
            lw=0,
        )
        axes.plot(layers, line["value"], color=color, marker="o", ms=3, lw=1.5, label=words)
    assigned = last[last["metric"] == "assignment_accuracy"].sort_values("layer")
    layers, shares = assigned["layer"].to_numpy(dtype=float), assigned["value"]
    axes.bar(layers, shares, color=_ASSIGNED, alpha=0.25, label="nearest to its own task")
    ends = [shares - assigned["ci_low"].fillna(shares), assigned["ci_high"].fillna(shares) - shares]
    reach = np.clip(np.array(ends, dtype=float), 0.0, None)
    axes.errorbar(layers, shares, yerr=reach, fmt="none", ecolor=_ASSIGNED, lw=0.9)
    axes.set_xlabel("layer")
