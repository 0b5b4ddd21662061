"""How all figures look, and how they are written.

Hidden here: colours that keep their order in grey and for colour-blind readers, the words for names of the
table, and files whose bytes depend on the scores alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

POSITION_WORDS = {
    "last_instruction": "last instruction token",
    "input": "input token",
    "instruction_mean": "mean over the instruction",
    "last": "last token before the answer",
}
FACTOR_WORDS = {"task_input": "task and input"}
CONTROL_WORDS = {
    "untrained": "untrained model",
    "bag_of_tokens": "bag of tokens",
    "shuffled_labels": "shuffled labels",
}
FACTOR_MARKS = {
    "task": ("#d55e00", "o"),
    "dialect": ("#0072b2", "s"),
    "instruction": ("#666666", "D"),
    "input": ("#009e73", "^"),
    "output": ("#e69f00", "v"),
    "task_input": ("#cc79a7", "P"),
}
"""Colour (Okabe and Ito's, told apart by colour-blind readers) and marker of the known factors."""
_OTHER_MARKS = (("#56b4e9", "X"), ("#8c6d31", "*"), ("#3b3b98", "<"), ("#777777", ">"))
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
    "legend.fontsize": 8,
    "figure.facecolor": "white",
    "svg.hashsalt": "nucleate",
}


@contextmanager
def figure_of(title: str, width: float, height: float) -> Iterator[Figure]:
    """An empty figure in the house's style, `width` by `height` inches, closed at the end."""
    with mpl.rc_context(_STYLE):
        figure = plt.figure(figsize=(width, height), layout="constrained")
        figure.suptitle(title, fontsize=11, x=0.01, ha="left")
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


def layer_colours(n: int) -> list[tuple[float, ...]]:
    """From light to dark, since layers are a sequence."""
    return [tuple(colour) for colour in mpl.colormaps["viridis_r"](np.linspace(0.08, 1.0, max(n, 2)))][:n]


def factor_marks(factors: Sequence[str]) -> dict[str, tuple[str, str]]:
    """A colour and a marker for each factor; a user's own factors get those that are left."""
    others = [factor for factor in factors if factor not in FACTOR_MARKS]
    return FACTOR_MARKS | {factor: _OTHER_MARKS[i % len(_OTHER_MARKS)] for i, factor in enumerate(others)}


def in_order(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The known names first, in their own order, then the others by name."""
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def site_words(site: str) -> str:
    """`layer 3` for a block, `layer 0` for the embeddings, `final norm` for the site that is no layer."""
    if site == "embed":
        return "layer 0"
    return f"layer {site.removeprefix('block.')}" if site.startswith("block.") else site.replace("_", " ")


def site_order(site: str) -> float:
    """From the embeddings up; `final_norm` after the last layer."""
    words = site_words(site).split()
    return float(words[1]) if words[0] == "layer" else np.inf
