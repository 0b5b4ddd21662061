"""When tasks gather while a model is pre-trained: agreement by layer over a series' revisions, on log steps.

This module hides where step 0 stands on an axis of logarithms, and that cells reach half of the way to the
next revision on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nucleate.display_names import FACTORS, measure_words, place_words, say
from nucleate.figures.clusters.atlas import SCALE, map_colors
from nucleate.figures.spread import over_runs
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of, layer_colors
from nucleate.scores import Scores
from nucleate.view import View

_CONTROL_COLOR, _ACCURACY_COLOR = "#8a8a8a", "#222222"
_MOST_NAMED = 6
_MOST_TICKS = 9


@contextmanager
def pretraining_figure(scores: Scores, view: View, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Curves of the layers beside a map of layer by revision; closed at the end.

    Gray reaches up to the strongest control of any layer; a dot in the map marks what is not clearly beyond
    its own, corrected for all cells. Step 0 stands as far before the first as a doubling would.
    """
    rows = over_runs(view.rows(scores)).dropna(subset=["layer"])
    accuracy = over_runs(scores.where(metric="accuracy", method="model", split=view.split))
    steps = sorted(rows["step"].unique())
    shape = (2, 1) if width == ONE_COLUMN else (1, 2)
    title = f"When does {say(FACTORS, view.factor)} gather? States at the {place_words(view)}"
    with figure_of(title, width, 4.6 if width == ONE_COLUMN else 3.0) as figure:
        curves, cells = figure.subplots(*shape, squeeze=False).flat
        _draw_curves(curves, rows, accuracy, steps)
        _draw_cells(cells, rows, steps)
        for axes in (curves, cells):
            _name_steps(axes, steps)
            axes.set_xlabel("step of the revision (log)")
        curves.set_ylabel(f"agreement ({measure_words(view)})")
        cells.set_ylabel("layer")
        bar = figure.colorbar(ScalarMappable(SCALE, map_colors()), ax=cells, pad=0.02, aspect=25)
        bar.outline.set_visible(False)
        yield figure


def places_of(steps: list[int]) -> np.ndarray:
    """Where steps stand: their logarithms to base 2, step 0 one before the first that has one."""
    first = min((step for step in steps if step > 0), default=1)
    return np.log2([step if step > 0 else first / 2 for step in steps])


def edges_of(places: np.ndarray) -> np.ndarray:
    """Where the cell of each place begins, and the last one ends."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middles = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middles[0]], middles, [2 * places[-1] - middles[-1]]])


def _draw_curves(axes: Axes, rows: pd.DataFrame, accuracy: pd.DataFrame, steps: list[int]) -> None:
    place = dict(zip(steps, places_of(steps), strict=True))
    level = rows.groupby("step")["control_high"].max()
    at = [place[step] for step in level.index]
    axes.fill_between(at, -1.0, level, color=_CONTROL_COLOR, alpha=0.2, lw=0)
    axes.plot(at, level, color=_CONTROL_COLOR, lw=0.9)
    layers = sorted(int(one) for one in rows["layer"].unique())
    for layer, color in zip(layers, layer_colors(len(layers)), strict=True):
        line = rows[rows["layer"] == layer].sort_values("step")
        at = [place[step] for step in line["step"]]
        axes.fill_between(at, line["low"], line["high"], color=color, alpha=0.14, lw=0)
        axes.plot(at, line["value"], color=color, lw=1.3, marker="o", ms=2)
    answered = accuracy[accuracy["step"].isin(steps)].sort_values("step")
    axes.plot(
        [place[step] for step in answered["step"]], answered["value"], color=_ACCURACY_COLOR, lw=1.0, ls="--"
    )
    axes.set_ylim(min(-0.05, float(rows["low"].min()) - 0.02), 1.03)
    axes.legend(handles=_legend(layers), fontsize=6, ncols=2)


def _legend(layers: list[int]) -> list[Line2D | Patch]:
    colors = dict(zip(layers, layer_colors(len(layers)), strict=True))
    every = -(-len(layers) // _MOST_NAMED)
    named = [layer for layer in layers if (layers[-1] - layer) % every == 0]
    return [
        *(Line2D([], [], color=colors[layer], lw=1.3, label=f"layer {layer}") for layer in named),
        Line2D([], [], color=_ACCURACY_COLOR, lw=1.0, ls="--", label="answers right"),
        Patch(color=_CONTROL_COLOR, alpha=0.35, lw=0, label="no more than controls"),
    ]


def _draw_cells(axes: Axes, rows: pd.DataFrame, steps: list[int]) -> None:
    value, beyond = (
        rows.pivot(index="layer", columns="step", values=name).sort_index().reindex(columns=steps)
        for name in ("value", "beyond")
    )
    places, layers = places_of(steps), value.index.to_numpy(float)
    axes.grid(visible=False)
    axes.pcolormesh(edges_of(places), edges_of(layers), value.to_numpy(float), cmap=map_colors(), norm=SCALE)
    above, across = np.nonzero(beyond.to_numpy(float) <= 0)
    axes.plot(places[across], layers[above], ls="", marker="o", ms=1.2, color="#4a4a4a")


def _name_steps(axes: Axes, steps: list[int]) -> None:
    every = -(-len(steps) // _MOST_TICKS)
    shown = [step for i, step in enumerate(steps) if (len(steps) - 1 - i) % every == 0]
    place = dict(zip(steps, places_of(steps), strict=True))
    axes.set_xticks([place[step] for step in shown], [f"{step:,}" for step in shown], rotation=45, ha="right")
