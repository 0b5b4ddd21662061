"""The order in which clusters emerge: when agreement with each factor rises, layer by layer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from nucleate.display_names import FACTORS, POSITIONS, prepared_words, say, site_order, site_words
from nucleate.figures.spread import n_runs, spread_words
from nucleate.figures.style import (
    FACTOR_MARKS,
    ONE_COLUMN,
    TWO_COLUMNS,
    factor_marks,
    figure_of,
    in_order,
)
from nucleate.scores import Scores
from nucleate.scoring.emergence import emergence_table, over_seeds
from nucleate.view import View

_ROOM = 0.76
"""Share of a layer's height over which its factors are spread."""
_LETTERS_AN_INCH = 13
_SIZES = {TWO_COLUMNS: 1.0, ONE_COLUMN: 0.6}
"""Of the dots, by the width of the figure."""


@contextmanager
def order_figure(scores: Scores, view: View, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Half-rise of agreement with each factor, a panel per position; closed at the end.

    A dot is where the excess over the strongest control reaches half of its highest, the larger the higher
    the excess is in the last third of training. A tick is the onset, the first checkpoint from which the
    figure stays above all controls; a thin line leads from it to the dot. The half-rise is read between
    checkpoints and a figure may dip once more, so an onset can come after it: such a tick stands by itself.
    Several runs: means, and bars for the interval between seeds. Dashed: the half-rise of task accuracy.
    What never rose has no dot, and a position at which nothing rose has no panel.
    """
    wide = _rises(scores, view)
    rows = wide[wide["site"] != ""]
    accuracy = wide[wide["site"] == ""]
    positions, without = _with_a_rise(rows)
    factors = in_order(list(rows["factor"].unique()), list(FACTOR_MARKS))
    sites = sorted(rows["site"].unique(), key=site_order)
    n_rows, n_columns = (len(positions), 1) if width == ONE_COLUMN else (1, len(positions))
    per_site = (0.13 + 0.068 * len(factors)) * (0.9 if width == ONE_COLUMN else 1.0)
    title = f"When clusters{prepared_words(view)} form ({view.split.replace('_', ' ')})"
    if without:
        words = f"Nothing rose above its controls at the {' or the '.join(without)}."
        title += "\n" + textwrap.fill(words, int(_LETTERS_AN_INCH * width))
    with figure_of(title, width, 1.3 + per_site * len(sites) * n_rows) as figure:
        panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
        for axes, position in zip(panels.flat, positions, strict=True):
            _draw_position(axes, rows[rows["position"] == position], factors, sites, _SIZES[width])
            _draw_accuracy(axes, accuracy)
            axes.set_title(say(POSITIONS, position))
        for axes in panels[-1]:
            axes.set_xlabel("optimizer step")
        rises = wide[[("low", "half_rise"), ("mean", "onset")]].clip(lower=1.0)
        _name_steps(panels[0, 0], rises, float(scores.values("step")[-1]))
        legend = _legend(factors, n_runs(scores))
        figure.legend(**legend, loc="outside lower left", ncols=2 if width == ONE_COLUMN else 4)
        yield figure


def draw_order(axes: Axes, scores: Scores, view: View) -> None:
    """The panel of the view's position, on Axes of one's own."""
    wide = _rises(scores, view)
    rows = wide[(wide["site"] != "") & (wide["position"] == view.position)]
    factors = in_order(list(rows["factor"].unique()), list(FACTOR_MARKS))
    _draw_position(axes, rows, factors, sorted(rows["site"].unique(), key=site_order))
    _draw_accuracy(axes, wide[wide["site"] == ""])
    ends = rows[[("low", "half_rise"), ("mean", "onset")]].clip(lower=1.0)
    _name_steps(axes, ends, float(scores.values("step")[-1]))
    axes.set(xlabel="optimizer step", title=say(POSITIONS, view.position))
    axes.legend(**_legend(factors, n_runs(scores)), fontsize=6.5)


def _rises(scores: Scores, view: View) -> pd.DataFrame:
    """A row per position, factor and site; that of accuracy has no site."""
    table = over_seeds(emergence_table(scores.where(split=view.split), view))
    table = table[table["metric"].isin([view.metric, "accuracy"])]
    return table.pivot(
        index=["position", "factor", "site"], columns="measure", values=["mean", "low", "high"]
    ).reset_index()


def _with_a_rise(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The positions at which something rose, all where nothing did anywhere, and the words for the others."""
    positions = in_order(list(rows["position"].unique()), list(POSITIONS))
    rose = set(rows.loc[rows["mean", "half_rise"].notna(), "position"]) or set(positions)
    others = [say(POSITIONS, one) for one in positions if one not in rose]
    return [one for one in positions if one in rose], others


def _draw_position(
    axes: Axes, rows: pd.DataFrame, factors: list[str], sites: list[str], size: float = 1.0
) -> None:
    offsets = np.linspace(_ROOM / 2, -_ROOM / 2, len(factors)) if len(factors) > 1 else np.zeros(1)
    marks = factor_marks(factors)
    for _, row in rows.iterrows():
        factor, site = row["factor", ""], row["site", ""]
        height = sites.index(site) + offsets[factors.index(factor)]
        _draw_rise(axes, row, height, *marks[factor], size)
    for between in np.arange(len(sites) - 1) + 0.5:
        axes.axhline(between, color="#d0d0d0", lw=0.5)
    axes.set_yticks(range(len(sites)), [site_words(site) for site in sites])
    axes.set_ylim(-0.5, len(sites) - 0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _draw_rise(axes: Axes, row: pd.Series, height: float, color: str, marker: str, size: float) -> None:
    half = row["mean", "half_rise"]
    if pd.isna(half):
        return
    onset = row["mean", "onset"]
    if onset <= half:
        axes.plot([onset, half], [height, height], color=color, lw=0.7, alpha=0.6)
    axes.plot(onset, height, ls="", marker="|", ms=4, color=color)
    ends = [max(row["low", "half_rise"], 1.0), row["high", "half_rise"]]
    axes.plot(ends, [height, height], color=color, lw=2.4, alpha=0.45)
    excess = min(max(row["mean", "level_excess"], 0.0), 1.0)
    axes.scatter(half, height, s=size * (5 + 40 * excess), color=color, marker=marker, lw=0, zorder=3)


def _draw_accuracy(axes: Axes, accuracy: pd.DataFrame) -> None:
    for _, row in accuracy.iterrows():
        axes.axvspan(row["low", "half_rise"], row["high", "half_rise"], color="#222222", alpha=0.08, lw=0)
        axes.axvline(row["mean", "half_rise"], color="#222222", lw=1.1, ls=(0, (4, 2)), zorder=1)


def _name_steps(axes: Axes, rises: pd.DataFrame, last_step: float) -> None:
    """A logarithmic axis, since checkpoints are: dense at first."""
    first = max(1.0, float(np.nanmin(rises.to_numpy(float))) / 1.5) if rises.notna().any(axis=None) else 1.0
    axes.set_xscale("log")
    axes.set_xlim(first, last_step * 1.15)
    decades = 10.0 ** np.arange(np.floor(np.log10(last_step)) + 1)
    ticks = [tick for decade in decades for tick in (decade, 3 * decade) if first <= tick <= last_step]
    axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axes.minorticks_off()


def _legend(factors: list[str], runs: int) -> dict[str, Any]:
    """Handles, labels and how the pair of dots is drawn, for `Figure.legend`."""
    marks = factor_marks(factors)
    handles = [
        Line2D([], [], ls="", marker=marker, color=color, ms=5, label=say(FACTORS, factor))
        for factor in factors
        for color, marker in [marks[factor]]
    ]
    handles.append(
        Line2D([], [], ls="", marker="|", color="#555555", ms=6, label="onset: first above all controls")
    )
    handles.append(Line2D([], [], color="#222222", lw=1.1, ls=(0, (4, 2)), label="half-rise of accuracy"))
    if runs > 1:
        handles.append(Line2D([], [], color="#555555", lw=2.4, alpha=0.45, label=spread_words(runs)))
    sizes = tuple(Line2D([], [], ls="", marker="o", color="#555555", ms=ms) for ms in (2.5, 6))
    return {
        "handles": [*handles, sizes],
        "labels": [*(str(one.get_label()) for one in handles), "larger: more excess at the end"],
        "handler_map": {tuple: HandlerTuple(ndivide=None)},
    }
