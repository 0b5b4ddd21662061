"""Scores -> matplotlib: the papers' figure, fit for print.

Layers are a sequence, so they are drawn in a sequential colour map that keeps its order in grey and
for colour-blind readers, and are named at the end of their lines.
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

from nucleate.scores import Scores

POSITION_WORDS = {
    "last_instruction": "last instruction token",
    "input": "input token",
    "instruction_mean": "mean over the instruction",
    "last": "last token before the answer",
}
_STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.hashsalt": "nucleate",
}
_LEAST_LABEL_GAP = 0.045


@contextmanager
def emergence_figure(scores: Scores, position: str, factor: str = "task") -> Iterator[Figure]:
    """Agreement over steps, a line per layer, train beside validation; closed at the end.

    Bands are 95 % intervals; the dashed line is task accuracy; the grey band is the range of all layers of
    the untrained model.
    """
    frame = scores.where(metric="ari", control="none", position=position, factor=factor).to_pandas()
    accuracy = scores.where(metric="accuracy", control="none").to_pandas()
    with mpl.rc_context(_STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(8.6, 3.7), sharey=True, layout="constrained")
        for axes, split in zip(panels, ("train", "validation"), strict=True):
            _draw_split(
                axes,
                frame[frame["split"] == split].dropna(subset=["layer"]),
                accuracy[accuracy["split"] == split],
            )
            axes.set_title(split)
            axes.set_xlabel("optimizer step")
        panels[0].set_ylabel(f"agreement with {factor} (ARI)")
        panels[0].legend(*_legend(panels[0]), loc="upper left", fontsize=8)
        figure.suptitle(
            f"Clusters at the {POSITION_WORDS.get(position, position)}", fontsize=11, x=0.01, ha="left"
        )
        try:
            yield figure
        finally:
            plt.close(figure)


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """Write `name.png` (200 dpi) and `name.svg`; the same scores give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        figure.savefig(folder / f"{name}.png", dpi=200, metadata={"Software": None})
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


def _draw_split(axes: Axes, frame: pd.DataFrame, accuracy: pd.DataFrame) -> None:
    layers = sorted(frame["layer"].unique())
    colours = mpl.colormaps["viridis_r"](np.linspace(0.08, 1.0, max(len(layers), 2)))
    untrained = frame[frame["step"] == frame["step"].min()]["value"]
    axes.axhspan(
        untrained.min(), untrained.max(), color="#bbbbbb", alpha=0.45, lw=0, label="untrained, all layers"
    )
    ends = {}
    for layer, colour in zip(layers, colours, strict=False):
        line = frame[frame["layer"] == layer].sort_values("step")
        steps = line["step"].to_numpy()
        axes.fill_between(steps, line["ci_low"], line["ci_high"], color=colour, alpha=0.16, lw=0)
        axes.plot(steps, line["value"], color=colour, lw=1.6, marker="o", ms=2.6)
        ends[int(layer)] = (float(line["value"].iloc[-1]), colour)
    line = accuracy.sort_values("step")
    axes.plot(line["step"], line["value"], color="#222222", lw=1.1, ls=(0, (4, 2)), label="task accuracy")
    axes.set_ylim(min(-0.03, float(frame["ci_low"].min()) - 0.02), 1.03)
    _name_lines(axes, ends, float(frame["step"].max()))


def _name_lines(axes: Axes, ends: dict[int, tuple[float, tuple[float, ...]]], last_step: float) -> None:
    """Write each layer's number at the end of its line, pushed apart where they would overlap."""
    height = -np.inf
    for layer, (value, colour) in sorted(ends.items(), key=lambda item: item[1][0]):
        height = max(value, height + _LEAST_LABEL_GAP)
        axes.annotate(
            f"layer {layer}", (last_step, value), (last_step * 1.025, height), va="center", fontsize=7.5,
            color=[0.75 * channel for channel in colour[:3]], annotation_clip=False,
        )  # fmt: skip
    axes.set_xlim(-0.01 * last_step, last_step * 1.14)


def _legend(axes: Axes) -> tuple[list[object], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    return list(handles), list(labels)
