"""How all figures look, and how they are written.

This module hides colors that keep their order in gray and for color-blind readers, and files that a paper
can take as they are: at a column's or a page's width with text of a size to read, letters embedded, bytes
that depend on the scores alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0
"""Inches: the width of a column of a paper, and of a page."""
FORMATS = ("png", "svg", "pdf")
LAYER_STOPS = ("#93be20", "#1f9d76", "#23808c", "#38588c", "#440154")
"""From the embeddings up: viridis without its yellow, lost on white. The page's style sheet has the same."""
_TIMES = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}
"""What a format would write of the time or the program, were it not told not to."""
FACTOR_MARKS = {
    "task": ("#d55e00", "o"),
    "dialect": ("#0072b2", "s"),
    "instruction": ("#666666", "D"),
    "input": ("#009e73", "^"),
    "output": ("#e69f00", "v"),
    "task_input": ("#cc79a7", "P"),
}
"""Color (Okabe and Ito's, told apart by color-blind readers) and marker of the known factors."""
_OTHER_MARKS = (("#56b4e9", "X"), ("#8c6d31", "*"), ("#3b3b98", "<"), ("#777777", ">"))
_STYLE = {
    "font.size": 8,
    "axes.titlesize": 8.5,
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
    "legend.fontsize": 7.5,
    "legend.handlelength": 1.6,
    "figure.facecolor": "white",
    "svg.hashsalt": "nucleate",
    "svg.fonttype": "path",  # letters as outlines: they look the same wherever the file is opened
    "pdf.fonttype": 42,  # TrueType, embedded, as publishers ask; the text can be searched and copied
}


@contextmanager
def figure_of(title: str, width: float, height: float) -> Iterator[Figure]:
    """An empty figure in the house's style, `width` by `height` inches.

    It is none of pyplot's: a notebook's own figures are left as they are, and so is how they are shown.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.suptitle(title, fontsize=9.5 if width > ONE_COLUMN else 8.5, x=0.01, ha="left")
        yield figure


def save_figure(figure: Figure, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> None:
    """Write `name` in some formats, PNG at 200 dpi; the same scores give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        figure.draw_without_rendering()
        figure.set_layout_engine(None)  # laid out once; with one, even "none", each format is drawn twice
        for one in formats:
            figure.savefig(folder / f"{name}.{one}", dpi=200, metadata={_TIMES[one]: None})


def layer_colors(n: int) -> list[tuple[float, ...]]:
    """From light to dark, since layers are a sequence; between stops as the page's script does it."""
    stops = np.array([to_rgb(stop) for stop in LAYER_STOPS])
    places = np.linspace(0, len(stops) - 1, max(n, 2))[:n]
    channels = [np.interp(places, range(len(stops)), channel) for channel in stops.T]
    return [tuple(color) for color in np.transpose(channels)]


def factor_marks(factors: Sequence[str]) -> dict[str, tuple[str, str]]:
    """A color and a marker for each factor; a user's own factors get those that are left."""
    others = [factor for factor in factors if factor not in FACTOR_MARKS]
    return FACTOR_MARKS | {factor: _OTHER_MARKS[i % len(_OTHER_MARKS)] for i, factor in enumerate(others)}


def in_order(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The known names first, in their own order, then the others by name."""
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))
