"""A short look at what a point costs here and now: a few steps, and a part of the scoring of two checkpoints.

This module hides what is cut so that it takes seconds. Of scoring one split at one position is enough, and
its milestones are told from an ordinary checkpoint; pictures are timed on points drawn at random.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from nucleate.experiment import run_experiment
from nucleate.pictures.tsne import embed
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import ExperimentSettings
from nucleate.stages.observer import Silent
from nucleate.sweep.costs import Measured, look_cost
from nucleate.training.observer import TrainingRecord

_STEPS = 8
"""Training steps of a measurement; those of its second half are timed."""
_LOOKS = 3
"""What scoring a run of two checkpoints amounts to: its controls of the surface are one more."""


class _Clock(Silent):
    """Notes when each step was taken."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def on_record(self, _record: TrainingRecord) -> None:
        self.at.append(time.perf_counter())

    @property
    def seconds_per_step(self) -> float:
        """Of the second half, without the last: those before warm up, the last is evaluated and saved."""
        between = [later - one for one, later in itertools.pairwise(self.at)]
        return statistics.median(between[_STEPS // 2 : -1])


def seconds_per_step(settings: ExperimentSettings) -> float:
    """How long a training step of a point takes here and now, by its first few steps."""
    clock = _Clock()
    with tempfile.TemporaryDirectory() as place:
        run_experiment(_shortened(settings), Path(place) / "run", clock, wanted=())
    return clock.seconds_per_step


def measure(settings: ExperimentSettings) -> Measured:
    """A point's first steps, and a part of the scoring of what they leave, with this process's threads."""
    short, clock = _scored_in_part(_shortened(settings)), _Clock()
    with tempfile.TemporaryDirectory() as place:
        run = run_experiment(short, Path(place) / "run", clock, wanted=("scoring",))
        share = look_cost(settings) / look_cost(short)
        return Measured(
            of=settings,
            step=clock.seconds_per_step,
            look=float(run.manifest["stages"]["scoring"]["seconds"]) / _LOOKS * share,
            picture=_seconds_of_a_picture(settings),
            scores=run.scores.stat().st_size / _LOOKS * share,
            checkpoint=_size(run, 0),
        )


def _shortened(settings: ExperimentSettings) -> ExperimentSettings:
    """The same run with few steps; `model_copy` checks nothing again, which is as well here."""
    change = {"steps": _STEPS, "warmup_steps": 0, "checkpoint_steps": (0,), "evaluate_every": 10**6}
    change["n_evaluation"] = min(settings.training.n_evaluation, 100)
    return settings.model_copy(update={"training": settings.training.model_copy(update=change)})


def _scored_in_part(settings: ExperimentSettings) -> ExperimentSettings:
    scoring = settings.scoring
    part = {"positions": scoring.positions[:1], "splits": scoring.splits[-1:], "milestones": 0, "tsne": False}
    pictures = settings.pictures.model_copy(update={"tsne": False})
    return settings.model_copy(update={"scoring": scoring.model_copy(update=part), "pictures": pictures})


def _seconds_of_a_picture(settings: ExperimentSettings) -> float:
    if not settings.pictures.tsne:
        return 0.0
    points = np.random.default_rng(0).normal(size=(settings.pictures.n_points, settings.model.n_embd))
    begun = time.perf_counter()
    embed(points, None, seed=0)
    return time.perf_counter() - begun


def _size(run: RunFolder, step: int) -> int:
    return sum(file.stat().st_size for file in run.checkpoint(step).rglob("*") if file.is_file())
