"""A finished training measured again, with changed settings of its own.

What is hidden: that all three are one stage made anew, with the verdicts, figures and page that follow it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nucleate.api.reading import load_run, opened
from nucleate.api.settings import Overrides

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.stages.observer import Observer

Stage = Literal["scoring", "unseen", "intervene"]


def score(run: Run | Path | str, *, overrides: Overrides = (), observer: Observer | None = None) -> Run:
    """Score a run's checkpoints again, judge its claims and draw its figures and page anew.

    Args:
        run: a run or its folder.
        overrides: changed settings of `scoring` and `claims`; the folder then has those.
        observer: who watches; nobody where it is not given.

    Raises:
        ConfigError: an override is wrong, or is not about scoring or claims.
        RunFolderError: it is no run's folder, or its training is not finished.
    """
    return _measure(run, "scoring", overrides, observer)


def unseen(run: Run | Path | str, *, overrides: Overrides = (), observer: Observer | None = None) -> Run:
    """Hold unseen instances against the centroids of trained ones; writes `unseen.parquet`.

    Args:
        run: a run or its folder.
        overrides: changed settings of `unseen`; the folder then has those.
        observer: who watches; nobody where it is not given.

    Raises:
        ConfigError: an override is wrong, or is not about unseen.
        RunFolderError: it is no run's folder, or its training is not finished.
    """
    return _measure(run, "unseen", overrides, observer)


def intervene(run: Run | Path | str, *, overrides: Overrides = (), observer: Observer | None = None) -> Run:
    """Move states to another task's centroid and measure the answers; writes `interventions.parquet`.

    Args:
        run: a run or its folder.
        overrides: changed settings of `intervene`; the folder then has those.
        observer: who watches; nobody where it is not given.

    Raises:
        ConfigError: an override is wrong, or is not about intervene.
        InterventionError: the corpus has no two tasks to move between.
        RunFolderError: it is no run's folder, or its training is not finished.
    """
    return _measure(run, "intervene", overrides, observer)


def _measure(run: Run | Path | str, stage: Stage, overrides: Overrides, observer: Observer | None) -> Run:
    from nucleate.experiment import measure_again
    from nucleate.settings.config import assignments
    from nucleate.stages.observer import Silent

    folder = opened(run).folder
    measure_again(folder, stage, assignments(overrides), observer or Silent())
    return load_run(folder.path)
