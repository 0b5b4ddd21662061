"""Causes: agreement of clusters beside what moving them does, place by place, and dose curves.

This module hides how a table of effects becomes the map that tells idle clusters from working ones. Both
maps write every number, so that the figure is a table too; what may be nothing is pale.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure

from nucleate.claims.causes import flips_above_controls
from nucleate.claims.evidence import at_last_step
from nucleate.claims.single_tokens import agreement_by_place, read_interventions
from nucleate.display_names import FACTORS, POSITIONS, measure_words, say
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of, layer_colors
from nucleate.scores import Scores
from nucleate.view import View

_CONTROLS = "#8a8a8a"
_PALE, _DARK = "#a0a0a0", "#1a1a1a"
_PANELS_IN_A_COLUMN = 2
_SHORT = {"read for the next token": "next", "in the state": "state"}
"""Readings that a cell has no room for."""
_TITLE = "Where tasks can be told apart,\nand where that carries the answer"


@contextmanager
def causes_figure(
    scores: Scores, effects: pd.DataFrame, view: View, width: float = TWO_COLUMNS
) -> Iterator[Figure]:
    """Agreement beside cause for every position and site, and below it dose curves."""
    step, effects = int(effects["step"].max()), at_last_step(effects)
    positions = _shifted(effects)
    is_column = width == ONE_COLUMN
    maps_height = (0.6 + 0.36 * len(positions)) * (2 if is_column else 1)
    n_columns = 2 if is_column else len(positions)
    doses_height = 0.7 + 1.5 * -(-len(positions) // n_columns)
    title = _TITLE if is_column else _TITLE.replace("\n", " ")
    with figure_of(title, width, 0.4 + maps_height + doses_height) as figure:
        above, below = np.asarray(figure.subfigures(2, 1, height_ratios=[maps_height, doses_height]))
        agreement = agreement_by_place(scores, step, view)
        readings = read_interventions(scores, effects, view)
        _draw_maps(above, agreement, effects, readings, view, is_column)
        _draw_all_doses(below, effects, positions, n_columns)
        yield figure


@contextmanager
def causes_over_training_figure(
    scores: Scores, effects: pd.DataFrame, view: View, width: float = TWO_COLUMNS
) -> Iterator[Figure]:
    """When clusters form, and when they begin to work: a column per position, a line per layer."""
    positions = _shifted(effects)
    if width == ONE_COLUMN:  # four panels side by side are too many for a column
        positions = positions[:_PANELS_IN_A_COLUMN]
    steps = sorted(int(step) for step in effects["step"].unique())
    causes = {step: effects[effects["step"] == step] for step in steps}
    agreement = {step: agreement_by_place(scores, step, view) for step in steps}
    title = "When clusters form,\nand when they carry answers"
    with figure_of(title if width == ONE_COLUMN else title.replace("\n", " "), width, 4.0) as figure:
        rows = figure.subplots(2, len(positions), sharex=True, sharey=True, squeeze=False)
        for column, position in zip(rows.T, positions, strict=True):
            tables = {step: flips_above_controls(one, position) for step, one in causes.items()}
            _draw_over_training(column, position, agreement, tables)
            column[0].set_title(_title(position), fontsize=7.5)
            column[1].set_xlabel("optimizer step")
        rows[0, 0].set_ylabel(f"agreement\n({measure_words(view)})")
        rows[1, 0].set_ylabel("answers flipped,\nabove controls")
        rows[0, 0].set_ylim(-0.06, 1.02)
        _legend_below(figure, rows[1, -1], 3 if width == ONE_COLUMN else 8)
        yield figure


def _draw_over_training(
    column: np.ndarray, position: str, agreement: dict[int, pd.DataFrame], tables: dict[int, pd.DataFrame]
) -> None:
    """Above, agreement at each step; below, what a shift turns there."""
    steps = list(tables)
    layers = tables[steps[-1]]["layer"].dropna()
    for site, layer, color in zip(map(str, layers.index), layers, layer_colors(len(layers)), strict=True):
        draw = {"color": color, "marker": "o", "ms": 2.4, "lw": 1.4, "label": f"layer {int(layer)}"}
        told = [_at(one, position, site) for one in agreement.values()]
        column[0].plot(steps, told, **draw)
        ends = pd.DataFrame([one.loc[site] for one in tables.values()]).astype(float)
        column[1].fill_between(steps, ends["ci_low"], ends["ci_high"], color=color, alpha=0.1, lw=0)
        column[1].plot(steps, ends["value"], **draw)
    if not any(position in one.index for one in agreement.values()):
        words = "several states:\nnot clustered"
        column[0].text(0.5, 0.5, words, transform=column[0].transAxes, ha="center", color="#767676")


def _shifted(effects: pd.DataFrame) -> list[str]:
    """Where centroids were moved, and not whole states alone swapped."""
    return list(dict.fromkeys(effects.loc[effects["intervention"] == "shift", "position"]))


def _at(agreement: pd.DataFrame, position: str, site: str) -> float:
    found = agreement.reindex(index=[position], columns=[site]).to_numpy(dtype=float)
    return float(found[0, 0])


def _draw_maps(
    figure: SubFigure,
    agreement: pd.DataFrame,
    effects: pd.DataFrame,
    readings: pd.DataFrame,
    view: View,
    is_column: bool,
) -> None:
    """Agreement and cause, side by side on a page and one below the other in a column."""
    positions, sites = _shifted(effects), list(dict.fromkeys(effects["site"]))
    first, second = figure.subplots(*((2, 1) if is_column else (1, 2)), sharey=True, sharex=is_column)
    values = agreement.reindex(index=positions, columns=sites).to_numpy(dtype=float)
    _draw_map(first, values, "Blues", positions, sites)
    first.set_title(f"agreement of clusters with {say(FACTORS, view.factor)}\n({measure_words(view)})")
    _draw_turned(second, effects, readings, 3.8 if is_column else 5.0)
    if is_column:
        second.set_title("answers flipped to B's, above controls")


def draw_causes(axes: Axes, scores: Scores, effects: pd.DataFrame, view: View) -> None:
    """What a shift turns at every position and site of the last step, on Axes of one's own."""
    last = at_last_step(effects)
    _draw_turned(axes, last, read_interventions(scores, last, view), 4.2)


def _draw_turned(axes: Axes, effects: pd.DataFrame, readings: pd.DataFrame, size: float) -> None:
    positions, sites = _shifted(effects), list(dict.fromkeys(effects["site"]))
    flips = [flips_above_controls(effects, position).reindex(sites) for position in positions]
    works = np.stack([one["works"].fillna(False).to_numpy(dtype=bool) for one in flips])
    turned = np.stack([one["value"].to_numpy(dtype=float) for one in flips])
    _draw_map(axes, turned, "Oranges", positions, sites, pale=~works)
    axes.set_title("answers flipped to B's,\nabove every control")
    _write_readings(axes, readings, positions, sites, size)


def _draw_map(
    axes: Axes,
    values: np.ndarray,
    colors: str,
    positions: list[str],
    sites: list[str],
    pale: np.ndarray | None = None,
) -> None:
    """Cells with their numbers; those of `pale` may be nothing."""
    axes.imshow(values, cmap=_from_white(colors), vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    axes.set_yticks(range(len(positions)), [_title(one) for one in positions])
    axes.set_xticks(range(len(sites)), [_site_words(one) for one in sites])
    axes.set_xlabel("layer")
    axes.tick_params(length=0, axis="both")
    axes.spines[:].set_visible(False)
    for draw_line, n_cells in ((axes.axhline, values.shape[0]), (axes.axvline, values.shape[1])):
        for edge in range(1, n_cells):
            draw_line(edge - 0.5, color="white", lw=1.2)
    for (row, column), value in np.ndenumerate(values):
        is_pale = np.isnan(value) or (pale is not None and pale[row, column])
        color = _PALE if is_pale else ("white" if value > 0.65 else _DARK)
        text = "–" if np.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=6.5)


def _write_readings(
    axes: Axes, readings: pd.DataFrame, positions: list[str], sites: list[str], size: float
) -> None:
    """Under the number of a single token, what its null means; where it works, the number says so."""
    nulls = readings.loc[readings["reading"] != "works", ["position", "site", "reading"]]
    write = partial(axes.text, ha="center", va="center", fontsize=size, color="#5a5a5a", style="italic")
    for position, site, reading in nulls.astype(str).to_numpy().tolist():
        write(sites.index(site), positions.index(position) + 0.35, _SHORT.get(reading, reading))


def _draw_all_doses(figure: SubFigure, effects: pd.DataFrame, positions: list[str], n_columns: int) -> None:
    """A panel per position, in rows of `n_columns`."""
    n_rows = -(-len(positions) // n_columns)
    panels = figure.subplots(n_rows, n_columns, sharey=True, sharex=True, squeeze=False)
    for axes, position in zip(panels.flat, positions, strict=False):
        _draw_doses(axes, effects[effects["position"] == position])
        axes.set_title(_title(position), fontsize=7.5)
    for axes in panels.flat[len(positions) :]:
        axes.remove()
    for axes in panels[-1]:
        axes.set_xlabel("strength of the shift")
    for row in panels:
        row[0].set_ylabel("become B's")
    _legend_below(figure, panels[0, 0], 3 if n_columns == 2 else 8)


def _legend_below(figure: Figure | SubFigure, axes: Axes, n_columns: int) -> None:
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=n_columns, fontsize=6.5)


def _draw_doses(axes: Axes, effects: pd.DataFrame) -> None:
    """A line per layer; gray is the highest that any control reaches at any of them."""
    flips = effects[(effects["metric"] == "becomes_b") & (effects["intervention"] == "shift")]
    flips = flips[flips["layer"].notna()]
    controls = flips[flips["control"] != "none"].groupby("strength")["ci_high"].max()
    axes.fill_between(
        controls.index, 0, controls, color=_CONTROLS, alpha=0.3, lw=0, label="controls, at most"
    )
    layers = sorted(flips["layer"].unique())
    colors = layer_colors(len(layers))
    for layer, color in zip(layers, colors, strict=False):
        line = flips[(flips["layer"] == layer) & (flips["control"] == "none")].sort_values("strength")
        axes.fill_between(line["strength"], line["ci_low"], line["ci_high"], color=color, alpha=0.1, lw=0)
        axes.plot(
            line["strength"],
            line["value"],
            color=color,
            marker="o",
            ms=2.6,
            lw=1.5,
            label=f"layer {int(layer)}",
        )
    axes.set_xscale("log", base=2)
    strengths = sorted(flips["strength"].unique())
    axes.set_xticks(strengths, [f"{strength:g}" for strength in strengths])
    axes.minorticks_off()
    axes.set_ylim(-0.02, 1.02)


def _from_white(colors: str) -> LinearSegmentedColormap:
    """Nothing is white."""
    shades = mpl.colormaps[colors](np.linspace(0.03, 0.95, 16))
    return LinearSegmentedColormap.from_list(colors, ["white", *shades])


def _title(position: str) -> str:
    """Over a narrow panel or beside a row, on two lines where it must be."""
    return textwrap.fill(say(POSITIONS, position), 16)


def _site_words(site: str) -> str:
    return {"embed": "0", "final_norm": "norm"}.get(site, site.removeprefix("block."))
