"""Where tasks can be told apart, beside where that does the work.

Two maps over positions and layers, one of agreement and one of cause. Cells are written out, so that the
figure is a table too; what may be nothing is written pale, and a null at a single token says what it means.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import fill

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from nucleate.claims_of_cause import at_last_step, flips_above_controls
from nucleate.figures.style import POSITION_WORDS, figure_of, layer_colours
from nucleate.readings import agreement_by_place, read_interventions
from nucleate.scores import Scores

WORDS = POSITION_WORDS | {
    "all_instruction": "all instruction tokens",
    "all_prompt": "all tokens up to the input",
}
_CONTROLS = "#8a8a8a"
_PALE, _DARK = "#a0a0a0", "#1a1a1a"
_INCHES_PER_CELL = 0.47


@contextmanager
def causes_figure(scores: Scores, effects: pd.DataFrame) -> Iterator[Figure]:
    """Agreement beside cause for every position and site, and below it dose curves."""
    step, effects = int(effects["step"].max()), at_last_step(effects)
    positions = _shifted(effects)
    sites = list(dict.fromkeys(effects["site"]))
    height = 1.1 + _INCHES_PER_CELL * len(positions)
    width = max(10.5, 2.2 + 1.15 * len(sites))
    with figure_of(
        "Where tasks can be told apart, and where that does the work", width, height + 2.9
    ) as figure:
        maps, doses = np.asarray(figure.subfigures(2, 1, height_ratios=[height, 2.6]))
        left, right = maps.subplots(1, 2, sharey=True)
        agreement = agreement_by_place(scores, step).reindex(index=positions, columns=sites)
        _draw_map(left, agreement.to_numpy(dtype=float), "Blues", positions, sites)
        left.set_title("agreement of clusters with task (ARI)")
        cause, works = _cause(effects, positions, sites)
        _draw_map(right, cause, "Oranges", positions, sites, pale=~works)
        right.set_title("answers turned to task B's, beyond every control")
        _write_readings(right, read_interventions(scores, effects), positions, sites)
        panels = np.atleast_1d(doses.subplots(1, len(positions), sharey=True))
        for axes, position in zip(panels, positions, strict=True):
            _draw_doses(axes, effects[effects["position"] == position])
            axes.set_title(_title(position), fontsize=8.5)
            axes.set_xlabel("strength of the shift")
        panels[0].set_ylabel("answers that become B's")
        panels[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=7.5)
        yield figure


@contextmanager
def causes_over_training_figure(scores: Scores, effects: pd.DataFrame) -> Iterator[Figure]:
    """When clusters form, and when they begin to work: a column per position, a line per layer."""
    positions = _shifted(effects)
    steps = sorted(int(step) for step in effects["step"].unique())
    causes = {step: effects[effects["step"] == step] for step in steps}
    agreement = {step: agreement_by_place(scores, step) for step in steps}
    with figure_of(
        "When clusters form, and when they begin to work", 2.1 + 2.1 * len(positions), 4.6
    ) as figure:
        rows = figure.subplots(2, len(positions), sharex=True, sharey=True, squeeze=False)
        for column, position in zip(rows.T, positions, strict=True):
            tables = {step: flips_above_controls(one, position) for step, one in causes.items()}
            layers = tables[steps[-1]]["layer"].dropna()
            colours = layer_colours(len(layers))
            for site, layer, colour in zip(map(str, layers.index), layers, colours, strict=True):
                told = [_at(one, position, site) for one in agreement.values()]
                column[0].plot(steps, told, color=colour, marker="o", ms=2.4, lw=1.4)
                ends = pd.DataFrame([one.loc[site] for one in tables.values()]).astype(float)
                column[1].fill_between(steps, ends["ci_low"], ends["ci_high"], color=colour, alpha=0.1, lw=0)
                column[1].plot(
                    steps, ends["value"], color=colour, marker="o", ms=2.4, lw=1.4, label=f"layer {layer}"
                )
            if not any(position in one.index for one in agreement.values()):
                column[0].text(
                    0.5, 0.5, "no one state", transform=column[0].transAxes, ha="center", color=_PALE
                )
            column[0].set_title(_title(position), fontsize=8.5)
            column[1].set_xlabel("optimizer step")
        rows[0, 0].set_ylabel("agreement (ARI)")
        rows[1, 0].set_ylabel("turned, beyond controls")
        rows[0, 0].set_ylim(-0.06, 1.02)
        rows[1, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=7.5)
        yield figure


def _shifted(effects: pd.DataFrame) -> list[str]:
    """Where centroids were moved, and not whole states alone swapped."""
    return list(dict.fromkeys(effects.loc[effects["intervention"] == "shift", "position"]))


def _at(agreement: pd.DataFrame, position: str, site: str) -> float:
    found = agreement.reindex(index=[position], columns=[site]).to_numpy(dtype=float)
    return float(found[0, 0])


def _cause(effects: pd.DataFrame, positions: list[str], sites: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """What a shift turns above its strongest control, and whether that is beyond its interval."""
    flips = [flips_above_controls(effects, position).reindex(sites) for position in positions]
    works = np.stack([one["works"].fillna(False).to_numpy(dtype=bool) for one in flips])
    return np.stack([one["value"].to_numpy(dtype=float) for one in flips]), works


def _draw_map(
    axes: Axes,
    values: np.ndarray,
    colours: str,
    positions: list[str],
    sites: list[str],
    pale: np.ndarray | None = None,
) -> None:
    """Cells with their numbers; those of `pale` may be nothing."""
    axes.imshow(values, cmap=_from_white(colours), vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    axes.set_yticks(range(len(positions)), [WORDS.get(one, one) for one in positions])
    axes.set_xticks(range(len(sites)), [_site_words(one) for one in sites])
    axes.set_xlabel("layer")
    axes.tick_params(length=0, axis="both")
    axes.spines[:].set_visible(False)
    for edge in range(1, max(values.shape)):
        for line, n in ((axes.axhline, values.shape[0]), (axes.axvline, values.shape[1])):
            if edge < n:
                line(edge - 0.5, color="white", lw=1.5)
    for (row, column), value in np.ndenumerate(values):
        is_pale = np.isnan(value) or (pale is not None and pale[row, column])
        colour = _PALE if is_pale else ("white" if value > 0.65 else _DARK)
        text = "–" if np.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.5)


def _write_readings(axes: Axes, readings: pd.DataFrame, positions: list[str], sites: list[str]) -> None:
    """Under the number of a single token, what its null means; where it works, the number says so."""
    nulls = readings.loc[readings["reading"] != "works", ["position", "site", "reading"]]
    for position, site, reading in nulls.astype(str).to_numpy().tolist():
        at = (sites.index(site), positions.index(position) + 0.33)
        axes.text(*at, reading, ha="center", va="center", fontsize=5.8, color="#5a5a5a", style="italic")


def _draw_doses(axes: Axes, effects: pd.DataFrame) -> None:
    """A line per layer; grey is the highest that any control reaches at any of them."""
    flips = effects[(effects["metric"] == "becomes_b") & (effects["intervention"] == "shift")]
    flips = flips[flips["layer"].notna()]
    controls = flips[flips["control"] != "none"].groupby("strength")["ci_high"].max()
    axes.fill_between(
        controls.index, 0, controls, color=_CONTROLS, alpha=0.3, lw=0, label="controls, at most"
    )
    layers = sorted(flips["layer"].unique())
    colours = layer_colours(len(layers))
    for layer, colour in zip(layers, colours, strict=False):
        line = flips[(flips["layer"] == layer) & (flips["control"] == "none")].sort_values("strength")
        axes.fill_between(line["strength"], line["ci_low"], line["ci_high"], color=colour, alpha=0.1, lw=0)
        axes.plot(
            line["strength"], line["value"], color=colour, marker="o", ms=2.6, lw=1.5, label=f"layer {layer}"
        )
    axes.set_xscale("log", base=2)
    strengths = sorted(flips["strength"].unique())
    axes.set_xticks(strengths, [f"{strength:g}" for strength in strengths])
    axes.minorticks_off()
    axes.set_ylim(-0.02, 1.02)


def _from_white(colours: str) -> LinearSegmentedColormap:
    """Nothing is white."""
    return LinearSegmentedColormap.from_list(
        colours, ["white", *mpl.colormaps[colours](np.linspace(0.03, 0.95, 16))]
    )


def _title(position: str) -> str:
    """Over a narrow panel, on two lines where it must be."""
    return fill(WORDS.get(position, position), 27)


def _site_words(site: str) -> str:
    return {"embed": "0", "final_norm": "norm"}.get(site, site.removeprefix("block."))
