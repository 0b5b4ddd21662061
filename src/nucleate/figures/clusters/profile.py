"""Agreement layer by layer, for runs that have one step: a line per factor, a panel per split.

This module hides how a model that was not watched while it learned is drawn. Layers take the place of
steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from nucleate.display_names import FACTORS, measure_words, place_words, say
from nucleate.figures.spread import LOWEST_SHOWN, each_run, n_runs, over_runs, spread_words
from nucleate.figures.style import (
    FACTOR_MARKS,
    ONE_COLUMN,
    TWO_COLUMNS,
    factor_marks,
    figure_of,
    in_order,
)
from nucleate.scores import Scores
from nucleate.view import View

_SPLITS = ("train", "validation", "unseen_instruction", "unseen_dialect")
_MOST_PANELS = 3


@contextmanager
def profile_figure(scores: Scores, view: View, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Agreement with every factor over the layers at the view's position; closed at the end.

    Bands are 95 % intervals, of one run or between seeds, whose own lines are thin; the dotted line of a
    factor's color is the upper end of its strongest control, where one was measured.
    """
    drawn = view.rows(scores, every=("factor", "split"))
    rows, seeds = over_runs(drawn).dropna(subset=["layer"]), each_run(drawn)
    splits = in_order(list(rows["split"].unique()), _SPLITS)[:_MOST_PANELS]
    factors = in_order(list(rows["factor"].unique()), list(FACTOR_MARKS))
    n_rows, n_columns = (len(splits), 1) if width == ONE_COLUMN else (1, len(splits))
    title = f"Clusters at the {place_words(view)}, by layer"
    with figure_of(title, width, 1.1 + 2.1 * n_rows) as figure:
        panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
        for axes, split in zip(panels.flat, splits, strict=True):
            _draw_split(
                axes, rows[rows["split"] == split], factors, [one[one["split"] == split] for one in seeds]
            )
            axes.set_title(split.replace("_", " "))
        for axes in panels[-1]:
            axes.set_xlabel("layer")
        for axes in panels[:, 0]:
            axes.set_ylabel(f"agreement ({measure_words(view)})")
        panels[0, 0].set_ylim(min(-0.03, max(float(rows["low"].min()), LOWEST_SHOWN) - 0.02), 1.03)
        columns = 2 if width == ONE_COLUMN else 5
        figure.legend(handles=_legend(factors, n_runs(scores)), loc="outside lower left", ncols=columns)
        yield figure


def draw_profile(axes: Axes, scores: Scores, view: View) -> None:
    """The panel of the view's split at the last step, on Axes of one's own."""
    drawn = view.rows(scores, every=("factor",))
    drawn = drawn.where(step=drawn.values("step")[-1])
    rows, seeds = over_runs(drawn).dropna(subset=["layer"]), each_run(drawn)
    factors = in_order(list(rows["factor"].unique()), list(FACTOR_MARKS))
    _draw_split(axes, rows, factors, seeds)
    axes.set(xlabel="layer", ylabel=f"agreement ({measure_words(view)})", title=view.split.replace("_", " "))
    axes.set_ylim(min(-0.03, max(float(rows["low"].min()), LOWEST_SHOWN) - 0.02), 1.03)
    axes.legend(handles=_legend(factors, n_runs(scores)), fontsize=6.5)


def _draw_split(axes: Axes, rows: pd.DataFrame, factors: list[str], seeds: Sequence[pd.DataFrame]) -> None:
    marks = factor_marks(factors)
    for factor in factors:
        line = rows[rows["factor"] == factor].sort_values("layer").astype({"layer": float})
        color, marker = marks[factor]
        axes.fill_between(line["layer"], line["low"], line["high"], color=color, alpha=0.15, lw=0)
        for one in seeds:
            own = one[one["factor"] == factor].dropna(subset=["layer"]).sort_values("layer")
            axes.plot(own["layer"].astype(float), own["value"], color=color, lw=0.5, alpha=0.6, gid="seed")
        axes.plot(line["layer"], line["control_high"], color=color, lw=0.8, ls=(0, (1, 1.5)))
        axes.plot(line["layer"], line["value"], color=color, marker=marker, ms=3, lw=1.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _legend(factors: list[str], runs: int) -> list[Line2D | Patch]:
    marks = factor_marks(factors)
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=marks[one][0], marker=marks[one][1], ms=4, lw=1.5, label=say(FACTORS, one))
        for one in factors
    ]
    handles.append(Line2D([], [], color="#555555", lw=0.8, ls=(0, (1, 1.5)), label="strongest control"))
    return [*handles, Patch(color="#555555", alpha=0.2, lw=0, label=spread_words(runs))]
