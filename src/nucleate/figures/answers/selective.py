"""Selective answering: the share of wrong answers among those that are given, from few answers to all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nucleate.display_names import POSITIONS, RANKINGS, say
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of, in_order

_SPLITS = ("validation", "unseen_instruction", "unseen_dialect")
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
_CONFIDENCE, _RANDOM = "#222222", "#8a8a8a"
_SHOWN_RANKINGS = ("margin", "gap")
_WHISKERS_AT = (0.2, 0.4, 0.6, 0.8, 1.0)
_BESIDE = 0.012
"""Coverages at which intervals are drawn, and how far beside each other."""


@contextmanager
def selective_figure(selective: pd.DataFrame, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Risk over coverage, a column of panels per split, above by margin and below by gap; closed at the end.

    A line per position, at the highest layer; black is the model's own confidence, gray any order. Whiskers
    are 95 % intervals, at a few coverages and beside each other.

    Args:
        selective: see `nucleate.unseen.selective.COLUMNS`.
        width: of the figure, in inches.
    """
    risk = selective[selective["metric"] == "risk"]
    splits = in_order(list(risk["split"].unique()), _SPLITS)
    positions = [one for one in risk["position"].unique() if one]
    top = int(risk["layer"].max())
    title = f"Answering only where a state of layer {top} lies with its task"
    n_rows = len(_SHOWN_RANKINGS)
    columns = 1 if width == ONE_COLUMN else len(splits)
    rows = n_rows * len(splits) // columns
    with figure_of(title, width, 1.2 + 1.7 * rows) as figure:
        panels = figure.subplots(rows, columns, sharex=True, squeeze=False)
        places = [(split, score) for score in _SHOWN_RANKINGS for split in splits]
        for panel, (split, score) in zip(panels.flat, places, strict=True):
            own = risk[risk["split"] == split]
            _draw(panel, own, score, positions, top)
            panel.set_title(f"{split.replace('_', ' ')}, by {score}")
            shown = own[own["score"].isin(["random", score]) & ((own["layer"] == top) | own["layer"].isna())]
            highest = max(shown["value"].max(), own[own["score"] == "random"]["ci_high"].max())
            panel.set_ylim(0, max(1.2 * float(highest), 0.01))  # of few answers the bands reach far beyond
        for panel in panels[-1]:
            panel.set_xlabel("share of instances that are answered")
        figure.supylabel("wrong, of those answered", fontsize=8)
        figure.legend(
            handles=_legend(positions), loc="outside lower left", ncols=1 if width == ONE_COLUMN else 3
        )
        yield figure


def _draw(axes: Axes, rows: pd.DataFrame, score: str, positions: list[str], top: int) -> None:
    _draw_line(axes, rows[rows["score"] == "random"], _RANDOM, (0, (1, 1.5)))
    confidence = rows[rows["score"] == "confidence"]
    _draw_line(axes, confidence, _CONFIDENCE, (0, (4, 2)))
    whiskers = [(confidence, _CONFIDENCE)]
    for position, color in zip(positions, _COLORS, strict=False):
        line = rows[(rows["score"] == score) & (rows["position"] == position) & (rows["layer"] == top)]
        _draw_line(axes, line, color, "-")
        whiskers.append((line, color))
    for place, (line, color) in enumerate(whiskers):
        _draw_whiskers(axes, line, color, _BESIDE * (place - (len(whiskers) - 1) / 2))


def _draw_line(axes: Axes, line: pd.DataFrame, color: str, style: object) -> None:
    line = line.sort_values("coverage")
    axes.plot(line["coverage"], line["value"], color=color, ls=style, lw=1.4)


def _draw_whiskers(axes: Axes, line: pd.DataFrame, color: str, aside: float) -> None:
    """Intervals where `_WHISKERS_AT` has them; bands of several lines would hide each other."""
    there = line[np.isclose(line["coverage"].to_numpy()[:, None], _WHISKERS_AT).any(axis=1)]
    axes.vlines(there["coverage"] + aside, there["ci_low"], there["ci_high"], color=color, lw=1.0, alpha=0.8)


def _legend(positions: list[str]) -> list[Line2D]:
    named = [(say(POSITIONS, one), color, "-") for one, color in zip(positions, _COLORS, strict=False)]
    named += [(RANKINGS["confidence"], _CONFIDENCE, "--"), (RANKINGS["random"], _RANDOM, ":")]
    lines = [Line2D([], [], color=color, ls=style, lw=1.4, label=words) for words, color, style in named]
    whisker = Line2D([], [], color="#555555", ls="", marker="|", ms=7, label="95 % interval")
    return [*lines, whisker]
