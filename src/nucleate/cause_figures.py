"""What clusters are good for, drawn: agreement beside cause, and unseen instances.

The map that matters is two maps: where tasks can be told apart, and where moving a state from one task
to another moves the answer. Cells are written out, so that the figure is a table too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nucleate.claims_of_cause import HARDEST_FIRST, LEAST_FLIP, flips_above_controls
from nucleate.figures import _STYLE, POSITION_WORDS, save_figure
from nucleate.scores import Scores

PLACE_WORDS = POSITION_WORDS | {
    "all_instruction": "all instruction tokens",
    "all_prompt": "all tokens up to the input",
}
_AGREEMENT_AT = {"all_instruction": "instruction_mean"}
"""Where an intervention acts on many tokens, agreement is that of their mean."""

_BASELINES = {"lookup_table": "lookup table", "nearest_neighbour": "1-nearest neighbour", "chance": "chance"}
_RIGHT, _WRONG, _GREY = "#1b7f79", "#c8553d", "#8a8a8a"


def draw_causes(scores: Scores, unseen: Scores | None, effects: pd.DataFrame | None, folder: Path) -> None:
    """Draw `causes.*` and `unseen.*`, each where its table is there."""
    if effects is not None:
        with causes_figure(scores, effects) as figure:
            save_figure(figure, folder, "causes")
    if unseen is not None and len(unseen.where(method="nearest_centroid")):
        with unseen_figure(unseen) as figure:
            save_figure(figure, folder, "unseen")


@contextmanager
def causes_figure(scores: Scores, effects: pd.DataFrame) -> Iterator[Figure]:
    """Agreement beside cause for every position and site, and below it dose curves."""
    effects = effects[effects["step"] == effects["step"].max()]
    positions = list(dict.fromkeys(effects["position"]))
    sites = list(dict.fromkeys(effects["site"]))
    width = max(9.6, 2.6 * len(positions))
    with _figure("Where tasks can be told apart, and where that does the work", width, 5.9) as figure:
        maps, doses = np.asarray(figure.subfigures(2, 1, height_ratios=[1, 1.05]))
        left, right = maps.subplots(1, 2, sharey=True)
        agreement, cause, works = _maps(scores, effects, positions, sites)
        _draw_map(left, agreement, np.ones_like(agreement, dtype=bool), positions, sites)
        left.set_title("agreement with task (ARI)")
        _draw_map(right, cause, works, positions, sites)
        right.set_title("share of answers moved to task B, less control")
        panels = np.atleast_1d(doses.subplots(1, len(positions), sharey=True))
        for axes, position in zip(panels, positions, strict=True):
            _draw_doses(axes, effects[effects["position"] == position])
            axes.set_title(PLACE_WORDS.get(position, position))
            axes.set_xlabel("strength of the shift")
        panels[0].set_ylabel("answers that become B's")
        panels[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=7.5)
        yield figure


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
    axes.set_yticks(range(len(positions)), [PLACE_WORDS.get(one, one) for one in positions])
    axes.set_xticks(range(len(sites)), [_site_words(one) for one in sites])
    axes.set_xlabel("layer")
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        dark = "white" if value > 0.55 else "#1a1a1a"
        colour = dark if is_bold[row, column] else "#a0a0a0"
        text = "" if np.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)


def _draw_doses(axes: Axes, effects: pd.DataFrame) -> None:
    """A line per layer; grey is the highest that any control reaches at any of them."""
    flips = effects[(effects["metric"] == "becomes_b") & (effects["intervention"] == "shift")]
    flips = flips[flips["layer"].notna()]
    controls = flips[flips["control"] != "none"].groupby("strength")["ci_high"].max()
    axes.fill_between(controls.index, 0, controls, color=_GREY, alpha=0.25, lw=0, label="controls, at most")
    layers = sorted(flips["layer"].unique())
    colours = mpl.colormaps["viridis_r"](np.linspace(0.08, 1.0, max(len(layers), 2)))
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


@contextmanager
def unseen_figure(unseen: Scores) -> Iterator[Figure]:
    """Right assignment and right answers over training, and layer by layer at the end."""
    split = next(one for one in HARDEST_FIRST if one in unseen.values("split"))
    frame = unseen.where(split=split).to_pandas()
    positions = list(dict.fromkeys(frame.loc[frame["position"] != "", "position"]))
    title = (
        f"Unseen instances ({split.replace('_', ' ')}): does the nearest task centroid go with the answer?"
    )
    with _figure(title, 3.0 + 2.5 * len(positions), 3.7) as figure:
        panels = figure.subplots(1, 1 + len(positions), sharey=True)
        _draw_course(panels[0], frame, positions)
        for axes, position in zip(panels[1:], positions, strict=True):
            _draw_layers(axes, frame[frame["position"] == position])
            axes.set_title(PLACE_WORDS.get(position, position))
        panels[0].set_ylabel("share of instances")
        panels[0].set_ylim(-0.02, 1.02)
        panels[1].legend(fontsize=7.5, loc="best")
        yield figure


def _draw_course(axes: Axes, frame: pd.DataFrame, positions: list[str]) -> None:
    answers = frame[frame["method"] == "model"].sort_values("step")
    last_step = int(frame["step"].max())
    axes.fill_between(
        answers["step"], answers["ci_low"], answers["ci_high"], color="#222222", alpha=0.12, lw=0
    )
    axes.plot(answers["step"], answers["value"], color="#222222", lw=1.6, label="answered right")
    assigned = frame[(frame["metric"] == "assignment_accuracy") & (frame["control"] == "none")]
    top = assigned[assigned["layer"] == assigned["layer"].max()]
    for position, style in zip(positions, ("-", "--", ":", "-."), strict=False):
        line = top[top["position"] == position].sort_values("step")
        words = f"nearest at {PLACE_WORDS.get(position, position)}"
        axes.plot(line["step"], line["value"], color=_RIGHT, ls=style, lw=1.4, label=words)
    ends: list[tuple[float, str]] = []
    for method, words in _BASELINES.items():
        row = frame[frame["method"] == method]
        if len(row):
            value = float(row["value"].iloc[0])
            axes.axhline(value, color=_GREY, lw=0.8, ls=(0, (1, 1.5)))
            ends.append((value, words))
    height = -1.0
    for value, words in sorted(ends):
        height = max(value, height + 0.045)
        axes.annotate(
            words, (last_step, height), xytext=(3, 0), textcoords="offset points", va="center",
            fontsize=6.5, color="#666666", annotation_clip=False,
        )  # fmt: skip
    axes.set_title("over training, top layer")
    axes.set_xlabel("optimizer step")
    axes.legend(fontsize=6.8, loc="upper left")


def _draw_layers(axes: Axes, frame: pd.DataFrame) -> None:
    last = frame[(frame["step"] == frame["step"].max()) & (frame["control"] == "none")]
    last = last[last["layer"].notna()]
    for metric, colour, words in (
        ("accuracy_if_right", _RIGHT, "right, if assigned right"),
        ("accuracy_if_wrong", _WRONG, "right, if assigned wrong"),
    ):
        line = last[last["metric"] == metric].sort_values("layer")
        layers = line["layer"].to_numpy(dtype=float)
        axes.fill_between(
            layers,
            line["ci_low"].astype(float),
            line["ci_high"].astype(float),
            color=colour,
            alpha=0.15,
            lw=0,
        )
        axes.plot(layers, line["value"], color=colour, marker="o", ms=3, lw=1.5, label=words)
    assigned = last[last["metric"] == "assignment_accuracy"].sort_values("layer")
    axes.bar(
        assigned["layer"].to_numpy(dtype=float),
        assigned["value"],
        color=_GREY,
        alpha=0.3,
        label="assigned right",
    )
    axes.set_xlabel("layer")


@contextmanager
def _figure(title: str, width: float, height: float) -> Iterator[Figure]:
    """A figure in the house's style; closed at the end."""
    with mpl.rc_context(_STYLE):
        figure = plt.figure(figsize=(width, height), layout="constrained")
        figure.suptitle(title, fontsize=11, x=0.01, ha="left")
        try:
            yield figure
        finally:
            plt.close(figure)


def _site_words(site: str) -> str:
    return {"embed": "0", "final_norm": "norm"}.get(site, site.removeprefix("block."))
