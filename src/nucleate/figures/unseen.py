"""Unseen instances: right assignment beside right answers, over training and layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nucleate.claims_of_cause import HARDEST_FIRST
from nucleate.figures.style import POSITION_WORDS, figure_of
from nucleate.scores import Scores

_BASELINES = {"lookup_table": "lookup table", "nearest_neighbour": "1-nearest neighbour", "chance": "chance"}
_RIGHT, _WRONG, _GREY = "#1b7f79", "#c8553d", "#8a8a8a"
_LABEL_GAP = 0.045


@contextmanager
def unseen_figure(unseen: Scores) -> Iterator[Figure]:
    """Right assignment and right answers over training, and layer by layer at the end."""
    split = next(one for one in HARDEST_FIRST if one in unseen.values("split"))
    frame = unseen.where(split=split).to_pandas()
    positions = list(dict.fromkeys(frame.loc[frame["position"] != "", "position"]))
    title = (
        f"Unseen instances ({split.replace('_', ' ')}): does the nearest task centroid go with the answer?"
    )
    with figure_of(title, 3.0 + 2.5 * len(positions), 4.4) as figure:
        panels = figure.subplots(1, 1 + len(positions), sharey=True)
        _draw_course(panels[0], frame, positions)
        for axes, position in zip(panels[1:], positions, strict=True):
            _draw_layers(axes, frame[frame["position"] == position])
            axes.set_title(POSITION_WORDS.get(position, position))
        panels[0].set_ylabel("share of instances")
        panels[0].set_ylim(-0.02, 1.02)
        panels[1].legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(0, -0.2))
        yield figure


def _draw_course(axes: Axes, frame: pd.DataFrame, positions: list[str]) -> None:
    answers = frame[frame["method"] == "model"].sort_values("step")
    last_step = int(frame["step"].max())
    axes.fill_between(
        answers["step"], answers["ci_low"], answers["ci_high"], color="#222222", alpha=0.12, lw=0
    )
    axes.plot(answers["step"], answers["value"], color="#222222", lw=1.6, label="answered right")
    assigned = frame[(frame["metric"] == "assignment_accuracy") & (frame["control"] == "none")]
    top = assigned[assigned["layer"] == assigned["layer"].max()]
    for position, style in zip(positions, ("-", "--", ":", "-."), strict=False):
        line = top[top["position"] == position].sort_values("step")
        words = f"nearest at {POSITION_WORDS.get(position, position)}"
        axes.plot(line["step"], line["value"], color=_RIGHT, ls=style, lw=1.4, label=words)
    ends: list[tuple[float, str]] = []
    for method, words in _BASELINES.items():
        row = frame[frame["method"] == method]
        if len(row):
            value = float(row["value"].iloc[0])
            axes.axhline(value, color=_GREY, lw=0.8, ls=(0, (1, 1.5)))
            ends.append((value, words))
    height = -1.0
    for value, words in sorted(ends):
        height = max(value, height + _LABEL_GAP)
        axes.annotate(
            words, (last_step, height), xytext=(3, 0), textcoords="offset points", va="center",
            fontsize=6.5, color="#666666", annotation_clip=False,
        )  # fmt: skip
    axes.set_title("over training, top layer")
    axes.set_xlabel("optimizer step")
    axes.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(0, -0.2))


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
