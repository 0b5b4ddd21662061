"""What clusters follow, where and when: a map of layer by step for each factor and position, on one scale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from nucleate.figures.spread import n_runs, over_runs
from nucleate.figures.style import (
    FACTOR_MARKS,
    FACTOR_WORDS,
    POSITION_WORDS,
    figure_of,
    in_order,
    site_order,
    site_words,
)
from nucleate.scores import Scores

_MOST_STEP_LABELS = 14
_SCALE = Normalize(0.0, 1.0, clip=True)


@contextmanager
def atlas_figure(scores: Scores, split: str = "validation") -> Iterator[Figure]:
    """Agreement of clusters with every factor (rows) at every position (columns); closed at the end.

    A dot marks a cell that is no higher than its strongest control. Several runs: means over runs.
    """
    cells = over_runs(scores.where(metric="ari", method="kmeans", preparation="raw", split=split))
    factors = in_order(list(cells["factor"].unique()), list(FACTOR_MARKS))
    positions = in_order(list(cells["position"].unique()), list(POSITION_WORDS))
    runs = n_runs(scores)
    title = f"What clusters follow ({split}{f', mean of {runs} runs' if runs > 1 else ''})"
    with figure_of(title, 1.4 + 2.5 * len(positions), 1.3 + 1.25 * len(factors)) as figure:
        panels = figure.subplots(len(factors), len(positions), sharex=True, sharey=True, squeeze=False)
        for row, factor in zip(panels, factors, strict=True):
            for axes, position in zip(row, positions, strict=True):
                chosen = (cells["factor"] == factor) & (cells["position"] == position)
                _draw_map(axes, cells[chosen], cells)
            row[0].set_ylabel(f"{FACTOR_WORDS.get(factor, factor)}\n", fontweight="bold")
        for axes, position in zip(panels[0], positions, strict=True):
            axes.set_title(POSITION_WORDS.get(position, position))
        figure.supxlabel("optimizer step     (· no higher than the strongest control)", fontsize=8.5)
        _colour_bar(figure, panels)
        yield figure


def _draw_map(axes: Axes, part: pd.DataFrame, cells: pd.DataFrame) -> None:
    sites = sorted(cells["site"].unique(), key=site_order)
    steps = sorted(cells["step"].unique())
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=6.5)
    axes.set_yticks(_middles(len(sites)), [site_words(site) for site in sites])
    every = -(-len(steps) // _MOST_STEP_LABELS)
    axes.set_xticks(_middles(len(steps))[::every], [str(step) for step in steps[::every]], rotation=90)
    axes.set(xlim=(0, len(steps)), ylim=(0, len(sites)))
    if part.empty:
        axes.text(
            0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", va="center", color="#999999"
        )
        return
    value, level = (
        part.pivot(index="site", columns="step", values=name)
        .reindex(index=sites, columns=steps)
        .to_numpy(float)
        for name in ("value", "control_high")
    )
    axes.pcolormesh(value, cmap=_colours(), norm=_SCALE, edgecolors="white", linewidth=0.4)
    rows, columns = np.nonzero(value <= level)
    axes.plot(columns + 0.5, rows + 0.5, ls="", marker="o", ms=1.2, color="#4a4a4a")


def _middles(n: int) -> np.ndarray:
    """Where the labels of n cells stand."""
    return np.arange(n) + 0.5


def _colours() -> Colormap:
    """Pale for no agreement, dark for full; lightness falls all the way, so it survives grey printing."""
    return mpl.colormaps["YlGnBu"]


def _colour_bar(figure: Figure, panels: np.ndarray) -> None:
    colours = ScalarMappable(_SCALE, _colours())
    bar = figure.colorbar(colours, ax=panels, shrink=min(1.0, 2.5 / len(panels)), aspect=18, pad=0.015)
    bar.set_label("agreement (ARI)")
    bar.outline.set_visible(False)
