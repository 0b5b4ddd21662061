"""The papers' figure, fit for print: agreement over steps, one line per layer, train beside validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nucleate.display_names import CONTROLS, FACTORS, measure_words, place_words, say
from nucleate.figures.spread import LOWEST_SHOWN, each_run, n_runs, over_runs, spread_words
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of, layer_colors
from nucleate.scores import Scores
from nucleate.view import View

_LEAST_LABEL_GAP = 0.052
_MOST_NAMED_LAYERS = 13
_CONTROL_COLOR, _ACCURACY_COLOR = "#8a8a8a", "#222222"


@contextmanager
def emergence_figure(scores: Scores, view: View, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Agreement over steps as the view has it, train beside the view's split; closed at the end.

    Bands are 95 % intervals, of one run or between seeds, whose own lines are thin. Gray reaches up to the
    strongest control of any layer, at the upper end of its interval. Dashed: task accuracy.
    """
    rows = view.rows(scores, every=("split",))
    agreement = over_runs(rows).dropna(subset=["layer"])
    accuracy = over_runs(scores.where(metric="accuracy", method="model"))
    splits = [one for one in dict.fromkeys(("train", view.split)) if one in set(agreement["split"])]
    n_rows, n_columns = (len(splits), 1) if width == ONE_COLUMN else (1, len(splits))
    title = f"Clusters at the {place_words(view)}"
    with figure_of(title, width, 0.95 + 2.3 * n_rows) as figure:
        panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
        for axes, split in zip(panels.flat, splits, strict=True):
            _draw_split(axes, agreement, accuracy, split, each_run(rows))
        for axes in panels[-1]:
            axes.set_xlabel("optimizer step")
        for axes in panels[:, 0]:
            axes.set_ylabel(_measure_words(view).replace(" (", "\n(" if width == ONE_COLUMN else " ("))
        panels[0, 0].set_ylim(_lowest(agreement), 1.03)
        legend = _legend(agreement, n_runs(scores))
        figure.legend(handles=legend, loc="outside lower left", ncols=1 if width == ONE_COLUMN else 3)
        yield figure


def draw_emergence(axes: Axes, scores: Scores, view: View) -> None:
    """The panel of the view's split, on Axes of one's own."""
    rows = view.rows(scores)
    agreement = over_runs(rows).dropna(subset=["layer"])
    accuracy = over_runs(scores.where(metric="accuracy", method="model"))
    _draw_split(axes, agreement, accuracy, view.split, each_run(rows))
    axes.set(xlabel="optimizer step", ylabel=_measure_words(view), ylim=(_lowest(agreement), 1.03))
    axes.legend(handles=_legend(agreement, n_runs(scores)), fontsize=6.5)


def _measure_words(view: View) -> str:
    return f"agreement with {say(FACTORS, view.factor)} ({measure_words(view)})"


def _lowest(agreement: pd.DataFrame) -> float:
    return min(-0.03, max(float(agreement["low"].min()), LOWEST_SHOWN) - 0.02)


def _draw_split(
    axes: Axes, agreement: pd.DataFrame, accuracy: pd.DataFrame, split: str, seeds: Sequence[pd.DataFrame]
) -> None:
    part = agreement[agreement["split"] == split]
    _draw_controls(axes, part)
    _draw_layers(axes, part, [one[one["split"] == split] for one in seeds])
    _draw_accuracy(axes, accuracy[accuracy["split"] == split])
    axes.set_title(split.replace("_", " "))


def _draw_controls(axes: Axes, agreement: pd.DataFrame) -> None:
    """Gray up to the level that no control of any layer passes."""
    level = agreement.groupby("step")["control_high"].max()
    axes.fill_between(level.index, -1.0, level, color=_CONTROL_COLOR, alpha=0.2, lw=0, zorder=0.5)
    axes.plot(level.index, level, color=_CONTROL_COLOR, lw=0.9, zorder=0.6)


def _draw_layers(axes: Axes, agreement: pd.DataFrame, seeds: Sequence[pd.DataFrame]) -> None:
    layers = sorted(agreement["layer"].unique())
    ends = {}
    for layer, color in zip(layers, layer_colors(len(layers)), strict=True):
        line = agreement[agreement["layer"] == layer].sort_values("step")
        axes.fill_between(line["step"], line["low"], line["high"], color=color, alpha=0.16, lw=0)
        for one in seeds:
            own = one[one["layer"] == layer].sort_values("step")
            axes.plot(own["step"], own["value"], color=color, lw=0.5, alpha=0.6, gid="seed")
        axes.plot(line["step"], line["value"], color=color, lw=1.6, marker="o", ms=2.6)
        ends[int(layer)] = (float(line["value"].iloc[-1]), color)
    _name_lines(axes, ends, float(agreement["step"].max()))


def _draw_accuracy(axes: Axes, accuracy: pd.DataFrame) -> None:
    line = accuracy.sort_values("step")
    axes.plot(line["step"], line["value"], color=_ACCURACY_COLOR, lw=1.1, ls=(0, (4, 2)))


def _name_lines(axes: Axes, ends: dict[int, tuple[float, tuple[float, ...]]], last_step: float) -> None:
    """Write layers' numbers at the ends of their lines, pushed apart; of many layers not every one.

    A thin line leads to a name that had to move.
    """
    every = -(-len(ends) // _MOST_NAMED_LAYERS)
    named = {layer: end for layer, end in ends.items() if (max(ends) - layer) % every == 0}
    ordered = sorted(named.items(), key=lambda item: item[1][0])
    heights = _apart([value for _, (value, _) in ordered])
    for (layer, (value, color)), height in zip(ordered, heights, strict=True):
        axes.annotate(
            f"layer {layer}", (last_step, value), (last_step * 1.025, height), va="center", fontsize=7,
            color=[0.75 * channel for channel in color[:3]], annotation_clip=False,
        )  # fmt: skip
        if abs(height - value) > _LEAST_LABEL_GAP / 4:
            ends_at = [last_step * 1.005, last_step * 1.022]
            axes.plot(ends_at, [value, height], color=color, lw=0.5, alpha=0.7, gid="leader", clip_on=False)
    axes.set_xlim(-0.01 * last_step, last_step * 1.16)


def _apart(heights: list[float]) -> list[float]:
    """Ascending heights, moved as little as keeps them a label's height apart, above 0 and below the top.

    Labels that meet stand around the middle of their lines: groups of them are joined until none meet.
    """
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _places(groups[-2])[-1] + _LEAST_LABEL_GAP > _places(groups[-1])[0]:
            last = groups.pop()
            groups[-1] += last
    return [height for group in groups for height in _places(group)]


def _places(group: Sequence[float]) -> np.ndarray:
    """Where labels that meet stand: evenly, around the mean of their heights."""
    apart = _LEAST_LABEL_GAP * np.arange(len(group))
    lowest = max(float(np.mean(group)) - apart[-1] / 2, min(*group, 0.0))
    return min(lowest, 1.01 - apart[-1]) + apart


def _legend(agreement: pd.DataFrame, runs: int) -> list[Line2D | Patch]:
    strongest = agreement.dropna(subset=["control"]).sort_values("control_high")["control"]
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=_ACCURACY_COLOR, lw=1.1, ls=(0, (4, 2)), label="task accuracy"),
        Patch(color="#3b5b8a", alpha=0.25, lw=0, label=spread_words(runs)),
    ]
    if len(strongest):
        words = f"within the controls (strongest: {say(CONTROLS, strongest.iloc[-1])})"
        handles.append(Patch(color=_CONTROL_COLOR, alpha=0.35, lw=0, label=words))
    return handles
