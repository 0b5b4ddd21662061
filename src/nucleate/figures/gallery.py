"""Every figure of a run, or of several runs together, into one folder, for a page and for a column.

Hidden here: which figures a table of scores can carry, and what their files are called: `NAME.svg`, `.pdf`
and `.png` at the width of a page, `NAME-column.pdf` at that of one of its two columns.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from nucleate.figures.atlas import atlas_figure
from nucleate.figures.causes import causes_figure, causes_over_training_figure
from nucleate.figures.emergence import emergence_figure
from nucleate.figures.order import order_figure
from nucleate.figures.profile import profile_figure
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, save_figure
from nucleate.figures.unseen import unseen_figure
from nucleate.scores import Scores


def draw_figures(scores: Scores, folder: Path, *, position: str, factor: str = "task") -> None:
    """Write `emergence` for `position`, `emergence-OTHER` for the others, `atlas` and `emergence_order`.

    Where there is one step, nothing emerges: `emergence` then shows agreement with every factor by layer.

    Args:
        scores: of one run or several; several are drawn as mean and range.
        folder: where to.
        position: the run's own, whose figure bears the plain name.
        factor: whose emergence is drawn, or the first that was scored where this one was not.
    """
    agreement = scores.where(metric="ari", method="kmeans", preparation="raw", control="none")
    if not len(agreement):
        return
    factors, splits = agreement.values("factor"), agreement.values("split")
    factor = factor if factor in factors else factors[0]
    positions = agreement.where(factor=factor).values("position")
    plain = position if position in positions else positions[0]
    several_steps = len(agreement.values("step")) > 1
    for one in positions:
        name = "emergence" if one == plain else f"emergence-{one}"
        if several_steps:
            _draw(folder, name, partial(emergence_figure, scores, one, factor))
        else:
            _draw(folder, name, partial(profile_figure, scores, one))
    if several_steps:
        split = "validation" if "validation" in splits else splits[0]
        _draw(folder, "atlas", partial(atlas_figure, scores, split))
        _draw(folder, "emergence_order", partial(order_figure, scores, split))


def _draw(folder: Path, name: str, figure_at: Callable[[float], AbstractContextManager[Figure]]) -> None:
    """Both sizes of one figure."""
    with figure_at(TWO_COLUMNS) as figure:
        save_figure(figure, folder, name)
    with figure_at(ONE_COLUMN) as figure:
        save_figure(figure, folder, f"{name}-column", ["pdf"])


def draw_cause_figures(
    scores: Scores, unseen: Scores | None, effects: pd.DataFrame | None, folder: Path
) -> None:
    """Write `causes`, `causes-training` (of several steps) and `unseen`, each where its table is there."""
    if effects is not None:
        _draw(folder, "causes", partial(causes_figure, scores, effects))
        if effects["step"].nunique() > 1:
            _draw(folder, "causes-training", partial(causes_over_training_figure, scores, effects))
    if unseen is not None and len(unseen.where(method="nearest_centroid")):
        _draw(folder, "unseen", partial(unseen_figure, unseen))
