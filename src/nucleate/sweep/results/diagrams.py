"""What a sweep shows, fit for print: curves over one axis, phase diagrams over two.

This module hides what is averaged. A point of a curve or a cell of a diagram is the mean over seeds and
over all axes that are not shown; which these are stands in the title.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nucleate.figures.spread import LOWEST_SHOWN
from nucleate.figures.style import TWO_COLUMNS, figure_of, layer_colors, save_figure

_COLUMNS = 2
_ASIDE = 0.12
"""How far the lines of several layers stand beside each other, so that their intervals can be told apart."""
Color = str | tuple[float, ...]


def draw_diagrams(measures: pd.DataFrame, axes: Sequence[str], folder: Path) -> None:
    """Write `curves-AXIS` for every axis with several values, `phase-AXIS-AXIS` for any two of them.

    Args:
        measures: of one split and one position; see `measures_table`.
        axes: of the sweep.
        folder: where to.
    """
    several = [axis for axis in axes if measures[axis].nunique() > 1]
    for axis in several:
        with _panels(measures, _title(axis, several, (axis,))) as (figure, panels):
            layers = sorted(measures["layer"].dropna().unique())
            colors = dict(zip(layers, layer_colors(len(layers)), strict=True))
            for panel, measure in panels:
                _draw_curves(panel, measure, axis, colors)
            _name_layers(figure, [panel for panel, _ in panels])
            save_figure(figure, folder, f"curves-{axis}", ("svg", "png"))
    for pair in combinations(several, 2):
        with _panels(at_top(measures), _title(" x ".join(pair), several, pair)) as (figure, panels):
            for panel, measure in panels:
                _draw_cells(panel, measure, *pair)
            save_figure(figure, folder, f"phase-{pair[0]}-{pair[1]}", ("svg", "png"))


def at_top(measures: pd.DataFrame) -> pd.DataFrame:
    """The rows of the highest layer of each point, and those that are of no layer."""
    highest = measures.groupby("run")["layer"].transform("max")
    return measures[(measures["layer"].isna() | (measures["layer"] == highest)).to_numpy(bool)]


def cells_of(measure: pd.DataFrame, across: str, up: str) -> pd.DataFrame:
    """The mean of one measure at every pair of values; NaN where it never happened, or nothing was run."""
    return (
        measure.pivot_table("value", up, across, aggfunc="mean", dropna=False).sort_index().sort_index(axis=1)
    )


def curve_of(measure: pd.DataFrame, axis: str) -> pd.DataFrame:
    """`mean` of one measure at every value of an axis, and `half`: half of its 95 % interval between seeds.

    What is averaged within a seed counts as one: other axes are no repetitions.
    """
    of_seed = measure.groupby([axis, "seed"])["value"].mean().dropna()
    curve = of_seed.groupby(level=0).agg(["mean", "sem", "count"])
    quantile = scipy.stats.t.ppf(0.975, np.maximum(curve["count"] - 1, 1))
    return curve.assign(half=np.where(curve["count"] > 1, quantile * curve["sem"].fillna(0.0), 0.0))


@contextmanager
def _panels(measures: pd.DataFrame, title: str) -> Iterator[tuple[Figure, list[tuple[Axes, pd.DataFrame]]]]:
    """A panel for every measure that has a value."""
    names = list(measures.dropna(subset="value")["measure"].unique())
    n_rows = -(-len(names) // _COLUMNS)
    with figure_of(title, TWO_COLUMNS, 0.6 + 2.3 * n_rows) as figure:
        panels = list(figure.subplots(n_rows, _COLUMNS, squeeze=False).flat)
        for panel in panels[len(names) :]:
            panel.set_visible(False)
        for panel, name in zip(panels, names, strict=False):
            panel.set_title(name)
        parts = [measures[measures["measure"] == name] for name in names]
        yield figure, list(zip(panels, parts, strict=False))


def _draw_curves(panel: Axes, measure: pd.DataFrame, axis: str, colors: Mapping[int, Color]) -> None:
    """A line per layer, each in its own color everywhere; what is a share stays between its ends."""
    values = sorted(measure[axis].unique())
    layers = sorted(measure["layer"].dropna().unique())
    places_aside = np.linspace(-_ASIDE, _ASIDE, len(layers)) if len(layers) > 1 else np.zeros(1)
    for layer, aside in zip(layers or [None], places_aside, strict=True):
        color: Color = "#222222" if layer is None else colors[layer]
        own = (
            measure if layer is None else measure[(measure["layer"] == layer).to_numpy(bool, na_value=False)]
        )
        curve = curve_of(own, axis).dropna(subset="mean")
        places = [values.index(value) + aside for value in curve.index]
        label = None if layer is None else f"layer {layer}"
        panel.errorbar(
            places, curve["mean"], curve["half"], color=color, lw=1.4, marker="o", ms=3, label=label
        )
    panel.set_xticks(range(len(values)), [_label(value) for value in values])
    panel.set_xlabel(axis)
    low, high = panel.get_ylim()
    if measure["value"].abs().max() <= 1.0:
        panel.set_ylim(max(low, LOWEST_SHOWN), min(high, 1.02))


def _name_layers(figure: Figure, panels: Sequence[Axes]) -> None:
    """One legend for all panels, below them."""
    named: dict[str, Any] = {}
    for panel in panels:
        handles, words = panel.get_legend_handles_labels()
        named |= dict(zip(words, handles, strict=True))
    if named:
        words = sorted(named, key=lambda one: int(one.split()[-1]))
        figure.legend([named[one] for one in words], words, loc="outside lower left", ncols=7)


def _draw_cells(panel: Axes, measure: pd.DataFrame, across: str, up: str) -> None:
    cells = cells_of(measure, across, up)
    image = panel.imshow(cells.to_numpy(float), origin="lower", aspect="auto", cmap="viridis")
    panel.grid(visible=False)
    for (row, column), value in np.ndenumerate(cells.to_numpy(float)):
        is_light = np.isfinite(value) and float(image.norm(float(value))) > 0.6  # type: ignore[arg-type]
        text = f"{value:.3g}" if np.isfinite(value) else "never"
        color = "black" if is_light or not np.isfinite(value) else "white"
        panel.text(column, row, text, ha="center", va="center", fontsize=7, color=color)
    panel.set_xticks(range(len(cells.columns)), [_label(value) for value in cells.columns])
    panel.set_yticks(range(len(cells.index)), [_label(value) for value in cells.index])
    panel.set_xlabel(across)
    panel.set_ylabel(up)


def _title(shown: str, several: Sequence[str], axes: Sequence[str]) -> str:
    others = [axis for axis in several if axis not in axes]
    return f"Over {shown}" + (f", mean over {', '.join(others)}" if others else "")


def _label(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
