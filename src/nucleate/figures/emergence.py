"""The papers' figure, fit for print: agreement over steps, one line per layer, train beside validation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nucleate.figures.spread import n_runs, over_runs, spread_words
from nucleate.figures.style import CONTROL_WORDS, FACTOR_WORDS, POSITION_WORDS, figure_of, layer_colours
from nucleate.scores import Scores

_LEAST_LABEL_GAP = 0.045
_CONTROL_COLOUR, _ACCURACY_COLOUR = "#8a8a8a", "#222222"


@contextmanager
def emergence_figure(scores: Scores, position: str, factor: str = "task") -> Iterator[Figure]:
    """Agreement over steps at one position; closed at the end.

    Bands are 95 % intervals of one run, or the range over several. What lies in the grey is no more than
    the strongest control of any layer has, at the upper end of its interval. Dashed: task accuracy.
    """
    agreement = over_runs(
        scores.where(metric="ari", method="kmeans", preparation="raw", position=position, factor=factor)
    ).dropna(subset=["layer"])
    accuracy = over_runs(scores.where(metric="accuracy", method="model"))
    title = f"Clusters at the {POSITION_WORDS.get(position, position)}"
    with figure_of(title, 8.6, 4.0) as figure:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, split in zip(panels, ("train", "validation"), strict=True):
            part = agreement[agreement["split"] == split]
            if not part.empty:
                _draw_controls(axes, part)
                _draw_layers(axes, part)
            _draw_accuracy(axes, accuracy[accuracy["split"] == split])
            axes.set_title(split)
            axes.set_xlabel("optimizer step")
        panels[0].set_ylabel(f"agreement with {FACTOR_WORDS.get(factor, factor)} (ARI)")
        panels[0].set_ylim(min(-0.03, float(agreement["low"].min()) - 0.02), 1.03)
        figure.legend(handles=_legend(agreement, n_runs(scores)), loc="outside lower left", ncols=3)
        yield figure


def _draw_controls(axes: Axes, agreement: pd.DataFrame) -> None:
    """Grey up to the level that no control of any layer passes."""
    level = agreement.groupby("step")["control_high"].max()
    axes.fill_between(level.index, -1.0, level, color=_CONTROL_COLOUR, alpha=0.2, lw=0, zorder=0.5)
    axes.plot(level.index, level, color=_CONTROL_COLOUR, lw=0.9, zorder=0.6)


def _draw_layers(axes: Axes, agreement: pd.DataFrame) -> None:
    layers = sorted(agreement["layer"].unique())
    ends = {}
    for layer, colour in zip(layers, layer_colours(len(layers)), strict=True):
        line = agreement[agreement["layer"] == layer].sort_values("step")
        axes.fill_between(line["step"], line["low"], line["high"], color=colour, alpha=0.16, lw=0)
        axes.plot(line["step"], line["value"], color=colour, lw=1.6, marker="o", ms=2.6)
        ends[int(layer)] = (float(line["value"].iloc[-1]), colour)
    _name_lines(axes, ends, float(agreement["step"].max()))


def _draw_accuracy(axes: Axes, accuracy: pd.DataFrame) -> None:
    line = accuracy.sort_values("step")
    axes.plot(line["step"], line["value"], color=_ACCURACY_COLOUR, lw=1.1, ls=(0, (4, 2)))


def _name_lines(axes: Axes, ends: dict[int, tuple[float, tuple[float, ...]]], last_step: float) -> None:
    """Write each layer's number at the end of its line, pushed apart where they would overlap."""
    ordered = sorted(ends.items(), key=lambda item: item[1][0])
    heights = _apart([value for _, (value, _) in ordered])
    for (layer, (value, colour)), height in zip(ordered, heights, strict=True):
        axes.annotate(
            f"layer {layer}", (last_step, value), (last_step * 1.025, height), va="center", fontsize=7.5,
            color=[0.75 * channel for channel in colour[:3]], annotation_clip=False,
        )  # fmt: skip
    axes.set_xlim(-0.01 * last_step, last_step * 1.14)


def _apart(heights: list[float]) -> list[float]:
    """Ascending heights, moved as little as keeps them a label's height apart and below the top."""
    placed: list[float] = []
    for height in heights:
        placed.append(max([height, *(one + _LEAST_LABEL_GAP for one in placed[-1:])]))
    room = np.arange(len(placed))[::-1] * _LEAST_LABEL_GAP
    return [min(height, 1.01 - above) for height, above in zip(placed, room, strict=True)]


def _legend(agreement: pd.DataFrame, runs: int) -> list[Line2D | Patch]:
    strongest = agreement.dropna(subset=["control"]).sort_values("control_high")["control"]
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=_ACCURACY_COLOUR, lw=1.1, ls=(0, (4, 2)), label="task accuracy"),
        Patch(color="#3b5b8a", alpha=0.25, lw=0, label=spread_words(runs)),
    ]
    if len(strongest):
        name = CONTROL_WORDS.get(strongest.iloc[-1], strongest.iloc[-1])
        handles.append(
            Patch(color=_CONTROL_COLOUR, alpha=0.35, lw=0, label=f"no more than controls ({name})")
        )
    return handles
