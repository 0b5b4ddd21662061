"""What clusters follow, where and when: a map of layer by step for each factor and position, on one scale."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from nucleate.display_names import (
    FACTORS,
    POSITIONS,
    measure_words,
    prepared_words,
    say,
    site_order,
    site_words,
)
from nucleate.figures.spread import n_runs, over_runs
from nucleate.figures.style import FACTOR_MARKS, ONE_COLUMN, TWO_COLUMNS, figure_of, in_order
from nucleate.scores import Scores
from nucleate.view import View

_MAP_HEIGHT = {TWO_COLUMNS: 1.05, ONE_COLUMN: 0.78}
_MOST_STEP_LABELS = {TWO_COLUMNS: 14, ONE_COLUMN: 6}
_MOST_LAYER_LABELS = {TWO_COLUMNS: 9, ONE_COLUMN: 5}
_TITLE_SIZE = {TWO_COLUMNS: 8.5, ONE_COLUMN: 6.0}
_SHARE_OF_MAPS, _LETTER = 0.65, 0.0075
"""Of the figure's width; the width of a letter in inches, by its size in points."""
_MOST_PARTED = 16
"""Layers; of more, white between cells would hide them."""
SCALE = Normalize(0.0, 1.0, clip=True)


@contextmanager
def atlas_figure(scores: Scores, view: View, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Agreement of clusters with every factor (rows) at every position (columns); closed at the end.

    A dot marks a cell that is not clearly above its controls, corrected for all cells. Several runs:
    means over runs.
    """
    cells = over_runs(view.rows(scores, every=("position", "factor")))
    factors = in_order(list(cells["factor"].unique()), list(FACTOR_MARKS))
    positions = in_order(list(cells["position"].unique()), list(POSITIONS))
    runs = n_runs(scores)
    told = [view.split.replace("_", " "), *([f"mean of {runs} runs"] if runs > 1 else [])]
    title = f"What clusters{prepared_words(view)} follow ({', '.join(told)})"
    with figure_of(title, width, 1.1 + _MAP_HEIGHT[width] * len(factors)) as figure:
        panels = figure.subplots(len(factors), len(positions), sharex=True, sharey=True, squeeze=False)
        for row, factor in zip(panels, factors, strict=True):
            for axes, position in zip(row, positions, strict=True):
                chosen = (cells["factor"] == factor) & (cells["position"] == position)
                _draw_map(axes, cells[chosen], cells)
            row[0].set_ylabel(say(FACTORS, factor))
        _name_cells(panels[-1, 0], cells, width)
        for axes, position in zip(panels[0], positions, strict=True):
            _name_column(axes, say(POSITIONS, position), width, len(positions))
        if width == ONE_COLUMN:
            _shrink_marks(panels)
        words = "optimizer step\n• not clearly above the controls, corrected for all cells"
        figure.supxlabel(words, fontsize=7.5 if width != ONE_COLUMN else 6.5)
        _color_bar(figure, panels, measure_words(view))
        yield figure


def draw_atlas(axes: Axes, scores: Scores, view: View) -> None:
    """The map of the view's factor and position, on Axes of one's own, with its colors beside it."""
    cells = over_runs(view.rows(scores))
    _draw_map(axes, cells, cells)
    _name_cells(axes, cells, TWO_COLUMNS)
    axes.set(xlabel="optimizer step", title=f"{say(FACTORS, view.factor)}, {say(POSITIONS, view.position)}")
    bar = axes.figure.colorbar(ScalarMappable(SCALE, map_colors()), ax=axes)
    bar.set_label(f"agreement ({measure_words(view)})")


def _name_column(axes: Axes, position: str, width: float, n_columns: int) -> None:
    """Over a map, on as many lines as keep it within its column."""
    size = _TITLE_SIZE[width]
    letters = int(_SHARE_OF_MAPS * width / n_columns / (_LETTER * size))
    axes.set_title(textwrap.fill(position, max(letters, 8)), fontsize=size)


def _draw_map(axes: Axes, part: pd.DataFrame, cells: pd.DataFrame) -> None:
    sites = sorted(cells["site"].unique(), key=site_order)
    steps = sorted(cells["step"].unique())
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=6)
    axes.tick_params(axis="x", labelrotation=90)
    axes.set(xlim=(0, len(steps)), ylim=(0, len(sites)))
    if part.empty:
        axes.text(
            0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", va="center", color="#767676"
        )
        return
    value, beyond = (
        part.pivot(index="site", columns="step", values=name)
        .reindex(index=sites, columns=steps)
        .to_numpy(float)
        for name in ("value", "beyond")
    )
    axes.pcolormesh(
        value,
        cmap=map_colors(),
        norm=SCALE,
        edgecolors="white",
        linewidth=0.4 if len(sites) <= _MOST_PARTED else 0,
    )
    rows, columns = np.nonzero(beyond <= 0)
    axes.plot(columns + 0.5, rows + 0.5, ls="", marker="o", ms=1.2, color="#4a4a4a")


def _name_cells(axes: Axes, cells: pd.DataFrame, width: float) -> None:
    """Names of layers and steps, for all maps: they share their axes."""
    sites = sorted(cells["site"].unique(), key=site_order)
    steps = sorted(cells["step"].unique())
    every = -(-len(sites) // _MOST_LAYER_LABELS[width])
    axes.set_yticks(_middles(len(sites))[::every], [site_words(site) for site in sites[::every]])
    every = -(-len(steps) // _MOST_STEP_LABELS[width])
    axes.set_xticks(_middles(len(steps))[::every], [str(step) for step in steps[::every]])


def _shrink_marks(panels: np.ndarray) -> None:
    """Marks as small as the maps of one column are."""
    for axes in panels.flat:
        for line in axes.lines:
            line.set_markersize(0.8)
        for text in axes.texts:
            text.set_fontsize(6)


def _middles(n: int) -> np.ndarray:
    """Where the labels of n cells stand."""
    return np.arange(n) + 0.5


def map_colors() -> Colormap:
    """Pale for no agreement, dark for full; lightness falls all the way, so it survives gray printing."""
    return mpl.colormaps["YlGnBu"]


def _color_bar(figure: Figure, panels: np.ndarray, measure: str) -> None:
    colors = ScalarMappable(SCALE, map_colors())
    bar = figure.colorbar(colors, ax=panels, shrink=min(1.0, 2.5 / len(panels)), aspect=18, pad=0.015)
    bar.set_label(f"agreement ({measure})")
    bar.outline.set_visible(False)
