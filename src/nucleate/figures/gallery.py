"""Every figure of a run, or of several runs together, into one folder, for a page and for a column.

Hidden here: which figures a table of scores can carry, and what their files are called: `NAME.svg`, `.pdf`
and `.png` at the width of a page, `NAME-column.pdf` at that of one of its two columns. They are drawn side by
side, since most of the time goes into embedding fonts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from nucleate.figures.style import FORMATS, ONE_COLUMN, TWO_COLUMNS, save_figure
from nucleate.figures.unseen import unseen_figure
from nucleate.processes import side_by_side
from nucleate.scores import Scores

FigureAt = Callable[[float], AbstractContextManager[Figure]]
"""Draws a figure as wide as it is told, in inches."""


def draw_figures(
    scores: Scores,
    folder: Path,
    *,
    position: str,
    factor: str = "task",
    unseen: Scores | None = None,
    effects: pd.DataFrame | None = None,
) -> None:
    """Write every figure that the tables can carry.

    `emergence` is for `position`, `emergence-OTHER` for the others; where there is one step, nothing emerges,
    and they show agreement with every factor by layer. `atlas` and `emergence_order` are of several steps,
    `causes` and `causes-training` of interventions, `unseen` of unseen instances.

    Args:
        scores: of one run or several; several are drawn as mean and range.
        folder: where to.
        position: the run's own, whose figure bears the plain name.
        factor: whose emergence is drawn, or the first that was scored where this one was not.
        unseen: of one run, where it has them.
        effects: of one run's interventions, where it has them.
    """
    drawn = dict(_of_scores(scores, position, factor)) | dict(_of_analyses(scores, unseen, effects))
    pages = [partial(_draw, figure_at, TWO_COLUMNS, folder, name) for name, figure_at in drawn.items()]
    columns = [
        partial(_draw, figure_at, ONE_COLUMN, folder, f"{name}-column", ["pdf"])
        for name, figure_at in drawn.items()
    ]
    for _ in side_by_side([*pages, *columns]):
        pass  # each has written its own files


def _of_scores(scores: Scores, position: str, factor: str) -> Iterator[tuple[str, FigureAt]]:
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
            yield name, partial(emergence_figure, scores, one, factor)
        else:
            yield name, partial(profile_figure, scores, one)
    if several_steps:
        split = "validation" if "validation" in splits else splits[0]
        yield "atlas", partial(atlas_figure, scores, split)
        yield "emergence_order", partial(order_figure, scores, split)


def _of_analyses(
    scores: Scores, unseen: Scores | None, effects: pd.DataFrame | None
) -> Iterator[tuple[str, FigureAt]]:
    if effects is not None:
        yield "causes", partial(causes_figure, scores, effects)
        if effects["step"].nunique() > 1:
            yield "causes-training", partial(causes_over_training_figure, scores, effects)
    if unseen is not None and len(unseen.where(method="nearest_centroid")):
        yield "unseen", partial(unseen_figure, unseen)


def _draw(
    figure_at: FigureAt, width: float, folder: Path, name: str, formats: Sequence[str] = FORMATS
) -> None:
    with figure_at(width) as figure:
        save_figure(figure, folder, name, formats)
