"""Every figure of a run, or of several runs together, into one folder, for a page and for a column.

This module hides which figures a table of scores can carry, and what their files are called: `NAME.svg`,
`.pdf` and `.png` at the width of a page, `NAME-column.pdf` at that of one of its two columns. They are
drawn side by side, since most of the time goes into embedding fonts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from nucleate.figures.answers.causes import causes_figure, causes_over_training_figure
from nucleate.figures.answers.selective import selective_figure
from nucleate.figures.answers.unseen import unseen_figure
from nucleate.figures.clusters.arms import arms_figure
from nucleate.figures.clusters.atlas import atlas_figure
from nucleate.figures.clusters.emergence import emergence_figure
from nucleate.figures.clusters.order import order_figure
from nucleate.figures.clusters.pretraining import pretraining_figure
from nucleate.figures.clusters.profile import profile_figure
from nucleate.figures.style import FORMATS, ONE_COLUMN, TWO_COLUMNS, save_figure
from nucleate.processes import side_by_side
from nucleate.scores import Scores
from nucleate.view import View

FigureAt = Callable[[float], AbstractContextManager[Figure]]
"""Draws a figure as wide as it is told, in inches."""


def draw_figures(
    scores: Scores,
    folder: Path,
    view: View,
    *,
    unseen: Scores | None = None,
    effects: pd.DataFrame | None = None,
    is_series: bool = False,
    has_twin: bool = True,
    selective: pd.DataFrame | None = None,
    arms: pd.DataFrame | None = None,
    formats: Sequence[str] = FORMATS,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Write every figure that the tables can carry.

    `emergence` is for the view's position, `emergence-OTHER` for the others; where there is one step, nothing
    emerges, and they show agreement with every factor by layer. `atlas` and `emergence_order` are of several
    steps, `causes` and `causes-training` of interventions, `unseen` of unseen instances, `selective` of
    answers to some of these alone, `arms` of control arms.

    Args:
        scores: of one run or several; several are drawn as mean and range.
        folder: where to.
        view: what the claims are judged on; where it was not scored, what was (`View.as_scored`).
        unseen: of one run, where it has them.
        effects: of one run's interventions, where it has them.
        is_series: whether these are checkpoints of somebody else's training: `pretraining` is drawn too, or,
            of a single one, no steps.
        has_twin: whether step 0 of a single one is its untrained twin, a control, and no checkpoint.
        selective: risk and coverage on unseen instances, where there are any; see `unseen.selective.COLUMNS`.
        arms: the table of the control arms, where there are any; see `nucleate.arms.COLUMNS`.
        formats: what each is written as; with PDF, also in the width of a column.
        on_progress: is told how many of how many are done.
    """
    if is_series and has_twin:
        scores, unseen = _without_twin(scores), unseen and _without_twin(unseen)
    drawn = dict(_of_scores(scores, view)) | dict(_of_analyses(scores, view, unseen, effects))
    if is_series and (looked := _of_several_steps(scores, view)):
        drawn["pretraining"] = partial(pretraining_figure, scores, looked)
    if selective is not None and len(selective):
        drawn["selective"] = partial(selective_figure, selective)
    if arms is not None and len(arms):
        drawn["arms"] = partial(arms_figure, arms)
    pages = [
        partial(_draw, figure_at, TWO_COLUMNS, folder, name, formats) for name, figure_at in drawn.items()
    ]
    columns = [
        partial(_draw, figure_at, ONE_COLUMN, folder, f"{name}-column", ["pdf"])
        for name, figure_at in drawn.items()
        if "pdf" in formats
    ]
    pieces = [*pages, *columns]
    for done, _ in enumerate(side_by_side(pieces, len(pieces)), start=1):  # each has written its own files
        on_progress(done, len(pieces))


def _without_twin(scores: Scores) -> Scores:
    """Of one model that was looked at, its own rows: its step 0 is an untrained model, drawn as a control."""
    looked = [step for step in scores.values("step") if step > 0]
    return scores.where(step=looked) if len(looked) == 1 else scores


def _of_several_steps(scores: Scores, wanted: View) -> View | None:
    """The view as it was scored, where there are several steps of it."""
    view = wanted.as_scored(scores)
    return view if view and len(view.rows(scores.where(control="none")).values("step")) > 1 else None


def _of_scores(scores: Scores, wanted: View) -> Iterator[tuple[str, FigureAt]]:
    view = wanted.as_scored(scores)
    if view is None:
        return
    drawn = scores.where(control="none", split=["train", view.split])
    agreement = view.rows(drawn, every=("position", "split"))
    several_steps = len(agreement.values("step")) > 1
    for position in agreement.values("position"):
        name = "emergence" if position == view.position else f"emergence-{position}"
        of_place = emergence_figure if several_steps else profile_figure
        yield name, partial(of_place, scores, replace(view, position=position))
    if several_steps:
        yield "atlas", partial(atlas_figure, scores, view)
        yield "emergence_order", partial(order_figure, scores, view)


def _of_analyses(
    scores: Scores, view: View, unseen: Scores | None, effects: pd.DataFrame | None
) -> Iterator[tuple[str, FigureAt]]:
    if effects is not None:
        yield "causes", partial(causes_figure, scores, effects, view)
        if effects["step"].nunique() > 1:
            yield "causes-training", partial(causes_over_training_figure, scores, effects, view)
    if unseen is not None and len(unseen.where(method="nearest_centroid")):
        yield "unseen", partial(unseen_figure, unseen)


def _draw(figure_at: FigureAt, width: float, folder: Path, name: str, formats: Sequence[str]) -> None:
    with figure_at(width) as figure:
        save_figure(figure, folder, name, formats)
