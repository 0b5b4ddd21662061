"""Unseen instances: right assignment beside right answers, over training and layer by layer.

Above, what is answered right where states lie with their own task and where not; below, how well the margin
ranks right answers over wrong ones, and how far the model comes beside what needs no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nucleate.claims_of_cause import HARDEST_FIRST
from nucleate.figures.style import POSITION_WORDS, figure_of
from nucleate.scores import Scores

_BASELINES = {"lookup_table": "lookup table", "nearest_neighbour": "1-nearest neighbour", "chance": "chance"}
_RIGHT, _WRONG, _GREY = "#1b7f79", "#c8553d", "#8a8a8a"


@contextmanager
def unseen_figure(unseen: Scores) -> Iterator[Figure]:
    """Right assignment and right answers over training, and layer by layer at the end."""
    split = next(one for one in HARDEST_FIRST if one in unseen.values("split"))
    frame = unseen.where(split=split).to_pandas()
    positions = list(dict.fromkeys(frame.loc[frame["position"] != "", "position"]))
    title = (
        f"Unseen instances ({split.replace('_', ' ')}): does the nearest task centroid go with the answer?"
    )
    with figure_of(title, 3.4 + 2.5 * len(positions), 6.2) as figure:
        widths = [1.25, *[1.0] * len(positions)]
        panels = figure.subplots(2, 1 + len(positions), width_ratios=widths, height_ratios=[1.4, 1])
        _draw_course(panels[0, 0], frame, positions)
        panels[0, 0].set_ylabel("share of instances")
        for column, position in zip(panels[:, 1:].T, positions, strict=True):
            here = frame[(frame["position"] == position) & (frame["step"] == frame["step"].max())]
            _draw_layers(column[0], here)
            _draw_ranks(column[1], here)
            column[0].set_title(POSITION_WORDS.get(position, position), fontsize=9)
        for axes in panels[0]:
            axes.set_ylim(-0.02, 1.45)  # room for legends above all that can be drawn
            axes.set_yticks(np.linspace(0, 1, 6))
        for axes in panels[:, 2:].flat:
            axes.tick_params(labelleft=False)
        panels[0, 1].legend(fontsize=7, loc="upper left")
        panels[1, 1].legend(fontsize=7, loc="lower left")
        panels[1, 1].set_ylabel("AUROC of the margin\nfor a right answer")
        _draw_baselines(panels[1, 0], frame)
        yield figure


def _draw_course(axes: Axes, frame: pd.DataFrame, positions: list[str]) -> None:
    answers = frame[(frame["method"] == "model") & (frame["metric"] == "accuracy")].sort_values("step")
    axes.fill_between(
        answers["step"], answers["ci_low"], answers["ci_high"], color="#222222", alpha=0.12, lw=0
    )
    axes.plot(answers["step"], answers["value"], color="#222222", lw=1.8, label="answered right")
    assigned = frame[(frame["metric"] == "assignment_accuracy") & (frame["control"] == "none")]
    top = assigned[assigned["layer"] == assigned["layer"].max()]
    for position, style in zip(positions, ("-", "--", ":", "-."), strict=False):
        line = top[top["position"] == position].sort_values("step")
        axes.fill_between(line["step"], line["ci_low"], line["ci_high"], color=_RIGHT, alpha=0.08, lw=0)
        words = f"nearest its task at {POSITION_WORDS.get(position, position)}"
        axes.plot(line["step"], line["value"], color=_RIGHT, ls=style, lw=1.4, label=words)
    axes.set_title("over training, top layer")
    axes.set_xlabel("optimizer step")
    axes.legend(fontsize=7, loc="upper left")


def _draw_baselines(axes: Axes, frame: pd.DataFrame) -> None:
    """The model at the last step beside what needs none."""
    last = frame[(frame["step"] == frame["step"].max()) & (frame["metric"] == "accuracy")]
    rows = [last[last["method"] == method] for method in ("model", *_BASELINES)]
    there = pd.concat(rows)
    reach = [there["value"] - there["ci_low"], there["ci_high"] - there["value"]]
    colours = ["#222222", *[_GREY] * (len(there) - 1)]
    axes.barh(range(len(there)), there["value"], color=colours, alpha=0.75, height=0.62)
    ends = [end.fillna(0.0).clip(lower=0.0) for end in reach]
    axes.errorbar(there["value"], range(len(there)), xerr=ends, fmt="none", ecolor="#555555", lw=1)
    for height, value in enumerate(there["ci_high"].fillna(there["value"])):
        axes.annotate(
            f"{there['value'].iloc[height]:.2f}", (value, height), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=7.5,
        )  # fmt: skip
    axes.set_yticks(range(len(there)), [_BASELINES.get(method, method) for method in there["method"]])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("answered right, last step")


def _draw_ranks(axes: Axes, last: pd.DataFrame) -> None:
    """AUROC by layer, over the range that shuffled centroids reach."""
    ranks = last[(last["metric"] == "auroc") & last["layer"].notna()].sort_values("layer")
    for control, colour, words in (
        ("shuffled_labels", _GREY, "shuffled centroids"),
        ("none", _RIGHT, "margin"),
    ):
        line = ranks[ranks["control"] == control]
        layers = line["layer"].to_numpy(dtype=float)
        ends = line[["ci_low", "ci_high"]].astype(float)
        axes.fill_between(layers, ends["ci_low"], ends["ci_high"], color=colour, alpha=0.18, lw=0)
        axes.plot(layers, line["value"], color=colour, marker="o", ms=3, lw=1.5, label=words)
    axes.axhline(0.5, color="#555555", lw=0.7, ls=":")
    axes.set_ylim(0.0, 1.02)
    axes.set_xlabel("layer")


def _draw_layers(axes: Axes, last: pd.DataFrame) -> None:
    last = last[(last["control"] == "none") & last["layer"].notna()]
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
