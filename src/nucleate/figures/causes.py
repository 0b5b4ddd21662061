"""Where tasks can be told apart, beside where that does the work.

Two maps over positions and layers, one of agreement and one of cause. Cells are written out, so that the
figure is a table too; what may be nothing is written pale.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from nucleate.claims_of_cause import LEAST_FLIP, READINGS, flips_above_controls, read_nulls
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of, layer_colours
from nucleate.scores import Scores
from nucleate.words import POSITIONS, say

_AGREEMENT_AT = {"all_instruction": "instruction_mean"}
"""Where an intervention acts on many tokens, agreement is that of their mean."""
_SIGNS = {"together": "*", "in the state": "+"}
_CONTROLS = "#8a8a8a"


@contextmanager
def causes_figure(scores: Scores, effects: pd.DataFrame, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Agreement beside cause for every position and site, and below it dose curves."""
    effects = effects[effects["step"] == effects["step"].max()]
    positions = list(dict.fromkeys(effects["position"]))
    sites = list(dict.fromkeys(effects["site"]))
    is_column = width == ONE_COLUMN
    title = "Where tasks can be told apart,\nand where that does the work"
    with figure_of(
        title if is_column else title.replace("\n", " "), width, 8.2 if is_column else 4.8
    ) as figure:
        above, below = np.asarray(figure.subfigures(2, 1, height_ratios=[1, 1.05]))
        maps = above.subplots(*((2, 1) if is_column else (1, 2)), sharey=True, sharex=is_column)
        agreement, cause, works = _maps(scores, effects, positions, sites)
        _draw_map(maps[0], agreement, np.ones_like(agreement, dtype=bool), positions, sites)
        maps[0].set_title("agreement with task (ARI)")
        _draw_map(maps[1], cause, works, positions, sites)
        maps[1].set_title(
            "moved to B, less control" if is_column else "answers moved to task B, less control"
        )
        note = _mark_nulls(maps[1], effects, positions, sites)
        above.supxlabel(textwrap.fill(note, 58 if is_column else 140), fontsize=6.5, x=0.01, ha="left")
        _draw_all_doses(below, effects, positions, 2 if is_column else len(positions))
        yield figure


def _draw_all_doses(figure: SubFigure, effects: pd.DataFrame, positions: list[str], n_columns: int) -> None:
    """A panel per position, in rows of `n_columns`."""
    n_rows = -(-len(positions) // n_columns)
    panels = figure.subplots(n_rows, n_columns, sharey=True, sharex=True, squeeze=False)
    for axes, position in zip(panels.flat, positions, strict=False):
        _draw_doses(axes, effects[effects["position"] == position])
        axes.set_title(textwrap.fill(say(POSITIONS, position), 16), fontsize=7.5)
    for axes in panels.flat[len(positions) :]:
        axes.remove()
    for axes in panels[-1]:
        axes.set_xlabel("strength of the shift")
    for row in panels:
        row[0].set_ylabel("answers that become B's")
    handles, words = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside lower left", ncols=3 if n_columns == 2 else 8, fontsize=6.5)


def _maps(
    scores: Scores, effects: pd.DataFrame, positions: list[str], sites: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Agreement, cause above its strongest control, and whether that is beyond the intervals."""
    agreement = scores.where(metric="ari", method="kmeans", control="none", factor="task", preparation="raw")
    frame = agreement.where(split="validation", step=int(effects["step"].max())).to_pandas()
    table = frame.pivot_table(index="position", columns="site", values="value")
    wanted = [_AGREEMENT_AT.get(position, position) for position in positions]
    told_apart = table.reindex(index=wanted, columns=sites).to_numpy(dtype=float)
    flips = [flips_above_controls(effects, position).reindex(sites) for position in positions]
    moved = np.stack([(one["value"] - one["control_value"]).to_numpy(dtype=float) for one in flips])
    beyond = [
        ((one["value"] >= LEAST_FLIP) & (one["ci_low"] > one["control_high"])).to_numpy() for one in flips
    ]
    return told_apart, moved, np.stack(beyond)


def _draw_map(
    axes: Axes, values: np.ndarray, is_bold: np.ndarray, positions: list[str], sites: list[str]
) -> None:
    """Cells with their numbers; where `is_bold` is false the number is pale, since it may be nothing."""
    axes.imshow(values, cmap="YlGnBu", vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    axes.set_yticks(range(len(positions)), [say(POSITIONS, one) for one in positions])
    axes.set_xticks(range(len(sites)), [_site_words(one) for one in sites])
    axes.set_xlabel("layer")
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        dark = "white" if value > 0.55 else "#1a1a1a"
        colour = dark if is_bold[row, column] else "#a0a0a0"
        text = "" if np.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=6)


def _mark_nulls(axes: Axes, effects: pd.DataFrame, positions: list[str], sites: list[str]) -> str:
    """A sign at every null at a single token that a stronger intervention explains; what the signs say."""
    used = []
    for position, site, reading in read_nulls(effects):
        if reading in _SIGNS and position in positions:
            used.append(reading)
            at = (sites.index(site) + 0.36, positions.index(position) - 0.27)
            axes.text(*at, _SIGNS[reading], ha="center", va="center", fontsize=7, color="#555555")
    return "; ".join(f"{_SIGNS[one]} {READINGS[one]}" for one in dict.fromkeys(used))


def _draw_doses(axes: Axes, effects: pd.DataFrame) -> None:
    """A line per layer; grey is the highest that any control reaches at any of them."""
    flips = effects[(effects["metric"] == "becomes_b") & (effects["intervention"] == "shift")]
    flips = flips[flips["layer"].notna()]
    controls = flips[flips["control"] != "none"].groupby("strength")["ci_high"].max()
    axes.fill_between(
        controls.index, 0, controls, color=_CONTROLS, alpha=0.25, lw=0, label="controls, at most"
    )
    layers = sorted(flips["layer"].unique())
    colours = layer_colours(len(layers))
    for layer, colour in zip(layers, colours, strict=False):
        line = flips[(flips["layer"] == layer) & (flips["control"] == "none")].sort_values("strength")
        axes.fill_between(line["strength"], line["ci_low"], line["ci_high"], color=colour, alpha=0.12, lw=0)
        axes.plot(
            line["strength"], line["value"], color=colour, marker="o", ms=2.6, lw=1.5, label=f"layer {layer}"
        )
    axes.set_xscale("log", base=2)
    strengths = sorted(flips["strength"].unique())
    axes.set_xticks(strengths, [f"{strength:g}" for strength in strengths])
    axes.minorticks_off()
    axes.set_ylim(-0.02, 1.02)


def _site_words(site: str) -> str:
    return {"embed": "0", "final_norm": "norm"}.get(site, site.removeprefix("block."))
