"""Every figure of a run, or of several runs together, into one folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nucleate.figures.atlas import atlas_figure
from nucleate.figures.causes import causes_figure, causes_over_training_figure
from nucleate.figures.emergence import emergence_figure
from nucleate.figures.order import order_figure
from nucleate.figures.style import save_figure
from nucleate.figures.unseen import unseen_figure
from nucleate.scores import Scores


def draw_figures(scores: Scores, folder: Path, *, position: str, factor: str = "task") -> None:
    """Write `emergence` for `position`, `emergence-OTHER` for the others, `atlas` and `emergence_order`.

    Args:
        scores: of one run or several; several are drawn as mean and range.
        folder: where to.
        position: the run's own, whose figure bears the plain name.
        factor: whose emergence is drawn.
    """
    agreement = scores.where(metric="ari", method="kmeans", preparation="raw", control="none")
    for one in agreement.where(factor=factor).values("position"):
        with emergence_figure(scores, one, factor) as figure:
            save_figure(figure, folder, "emergence" if one == position else f"emergence-{one}")
    if not len(agreement.where(split="validation")):
        return
    with atlas_figure(scores) as figure:
        save_figure(figure, folder, "atlas")
    if len(agreement.values("step")) > 1:
        with order_figure(scores) as figure:
            save_figure(figure, folder, "emergence_order")


def draw_cause_figures(
    scores: Scores, unseen: Scores | None, effects: pd.DataFrame | None, folder: Path
) -> None:
    """Write `causes`, `causes-training` (of several steps) and `unseen`, each where its table is there."""
    if effects is not None:
        with causes_figure(scores, effects) as figure:
            save_figure(figure, folder, "causes")
        if effects["step"].nunique() > 1:
            with causes_over_training_figure(scores, effects) as figure:
                save_figure(figure, folder, "causes-training")
    if unseen is not None and len(unseen.where(method="nearest_centroid")):
        with unseen_figure(unseen) as figure:
            save_figure(figure, folder, "unseen")
