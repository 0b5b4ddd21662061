"""The control arms side by side: agreement of the highest layer over training, an arm a panel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from nucleate.arms import OBJECTIVES, ArmAtEnd, at_the_end, rows_of, signed
from nucleate.display_names import METRICS, POSITIONS, say
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of

_COLORS = {
    "sequence": "#0072b2",
    "answer": "#d55e00",
    "input_answer": "#56b4e9",
    "instruction_answer": "#e69f00",
}
"""Okabe and Ito's, told apart by color-blind readers."""
_CONTROL_COLOR, _ACCURACY_COLOR = "#8a8a8a", "#222222"


@contextmanager
def arms_figure(arms: pd.DataFrame, width: float = TWO_COLUMNS) -> Iterator[Figure]:
    """Curves of every arm: thin lines are seeds, the thick one their mean; closed at the end.

    Dashed is task accuracy, gray what the strongest control has. The number is agreement at the last step.

    Args:
        arms: see `nucleate.arms.COLUMNS`.
        width: of the figure, in inches.
    """
    ends = at_the_end(arms)
    n_columns = 2 if width == ONE_COLUMN else 3
    n_rows = -(-len(ends) // n_columns)
    first = arms.iloc[0]
    title = f"Control arms: layer {first['layer']} at the {say(POSITIONS, first['position'])}"
    with figure_of(title, width, 1.0 + 1.5 * n_rows) as figure:
        panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
        for panel in panels.flat[len(ends) :]:
            panel.set_visible(False)
        for panel, end in zip(panels.flat, ends, strict=False):
            _draw_arm(panel, rows_of(arms, (end.objective, end.inputs, end.memorize)), end)
        panels[0, 0].set_ylim(min(-0.05, float(arms["value"].min()) - 0.02), 1.05)
        figure.supylabel(f"agreement ({say(METRICS, first['metric'])})", fontsize=8)
        for panel in panels.flat[max(0, len(ends) - n_columns) : len(ends)]:
            panel.set_xlabel("optimizer step")
            panel.tick_params(labelbottom=True)
        columns = 2 if width == ONE_COLUMN else 5
        figure.legend(handles=_legend(ends), loc="outside lower left", ncols=columns)
        yield figure


def _draw_arm(axes: Axes, rows: pd.DataFrame, end: ArmAtEnd) -> None:
    color = _COLORS[end.objective]
    by_step = rows.groupby("step")[["value", "accuracy", "control_high"]].mean()
    axes.fill_between(by_step.index, -1.0, by_step["control_high"], color=_CONTROL_COLOR, alpha=0.2, lw=0)
    axes.plot(by_step.index, by_step["control_high"], color=_CONTROL_COLOR, lw=0.9)
    axes.plot(by_step.index, by_step["accuracy"], color=_ACCURACY_COLOR, lw=1.0, ls=(0, (4, 2)))
    if end.n_seeds > 1:
        for _, seed in rows.groupby("seed"):
            axes.plot(seed["step"], seed["value"], color=color, lw=0.6, alpha=0.55)
    axes.plot(by_step.index, by_step["value"], color=color, lw=1.7)
    axes.annotate(
        signed(end.agreement), (float(by_step.index[-1]), end.agreement), (-3, 4), fontsize=7, ha="right",
        textcoords="offset points", color=color,
        path_effects=[withStroke(linewidth=2.0, foreground="white")],
    )  # fmt: skip
    axes.set_title(end.words.replace(", ", ",\n", 1), fontsize=7.5)


def _legend(ends: list[ArmAtEnd]) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=_COLORS[one], lw=1.7, label=OBJECTIVES[one])
        for one in dict.fromkeys(end.objective for end in ends)
    ]
    if max(end.n_seeds for end in ends) > 1:
        handles.append(Line2D([], [], color="#555555", lw=0.6, label="single seeds"))
    return [
        *handles,
        Line2D([], [], color=_ACCURACY_COLOR, lw=1.0, ls=(0, (4, 2)), label="task accuracy"),
        Patch(color=_CONTROL_COLOR, alpha=0.35, lw=0, label="strongest control"),
    ]
