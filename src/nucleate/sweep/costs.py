"""What a point costs beside another: for the order in which points are run, and for what a sweep will take.

What is hidden: the arithmetic of a training step and of scoring a checkpoint, and that one short measurement
stands for all points.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from nucleate.corpus.settings import CorpusSettings
from nucleate.experiment import run_experiment
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import ExperimentSettings
from nucleate.spacing import evenly_spaced
from nucleate.stages.observer import Observer, Silent
from nucleate.sweep.sweep_folder import share_training
from nucleate.training.observer import TrainingRecord

_STEPS = 12
"""Training steps of a measurement; those of its second half are timed."""
_TOKENS_OF_A_FACT = 30


def step_cost(settings: ExperimentSettings) -> float:
    """Multiplications of a training step, up to a factor that all points share."""
    model, corpus = settings.model, settings.corpus
    if isinstance(corpus, CorpusSettings):
        inputs = settings.training.inputs_per_instruction or corpus.n_inputs
        tokens = (corpus.min_length + corpus.max_length) / 2 + 2 * inputs
        vocabulary = corpus.n_symbols + corpus.input_vocabulary + corpus.output_vocabulary
    else:
        tokens, vocabulary = _TOKENS_OF_A_FACT, corpus.vocabulary
    weights = 12 * model.n_layer * model.n_embd**2 + vocabulary * model.n_embd
    return settings.training.batch_instructions * tokens * weights


def look_cost(settings: ExperimentSettings) -> float:
    """Work of scoring one checkpoint, up to a factor that all points share."""
    scoring = settings.scoring
    sites = settings.model.n_layer + 2
    cells = len(scoring.positions) * len(scoring.factors) * len(scoring.splits) * len(scoring.preparations)
    return sites * cells * scoring.n_examples * settings.model.n_embd


@dataclass(frozen=True)
class Measured:
    """What one point took, in parts that others can be told from.

    Attributes:
        of: its settings.
        step: seconds of a training step.
        look, milestone: seconds of scoring a checkpoint, and one at which all figures are taken.
        scores: bytes that a checkpoint adds to the scores.
        checkpoint: bytes of a checkpoint.
    """

    of: ExperimentSettings
    step: float
    look: float
    milestone: float
    scores: float
    checkpoint: float

    def seconds(self, settings: ExperimentSettings, *, is_trained: bool = False) -> float:
        """What a point should take on one worker like the one that measured; where trained, its scoring."""
        steps = settings.training.all_checkpoint_steps()
        n_milestones = len(evenly_spaced(steps, settings.scoring.milestones))
        looks = self.look * (len(steps) - n_milestones) + self.milestone * n_milestones
        training = (
            0.0
            if is_trained
            else self.step * settings.training.steps * step_cost(settings) / step_cost(self.of)
        )
        return training + looks * look_cost(settings) / look_cost(self.of)

    def kept(self, settings: ExperimentSettings, keep: tuple[str, ...]) -> float:
        """Bytes that are kept of a point: scores, and checkpoints where they are asked for."""
        model = settings.model.n_layer * settings.model.n_embd**2
        checkpoint = self.checkpoint * model / (self.of.model.n_layer * self.of.model.n_embd**2)
        n = len(settings.training.all_checkpoint_steps())
        sites = (settings.model.n_layer + 2) / (self.of.model.n_layer + 2)
        return n * (self.scores * sites + (checkpoint if "checkpoints" in keep else 0.0))


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
        return statistics.median(between[_STEPS // 2 + 1 : -1])


def seconds_per_step(settings: ExperimentSettings) -> float:
    """How long a training step of a point takes here and now, by its first few steps."""
    clock = _Clock()
    with tempfile.TemporaryDirectory() as place:
        run_experiment(_shortened(settings, (0,)), Path(place) / "run", clock, wanted=())
    return clock.seconds_per_step


def measure(settings: ExperimentSettings) -> Measured:
    """A point's first steps, and the scoring of what they leave, with the threads of this process."""
    short = _shortened(settings, (0, _STEPS // 2))
    clock = _Clock()
    with tempfile.TemporaryDirectory() as place:
        plain = _scored(short, 0, Path(place) / "plain", clock)
        with_milestone = _scored(short, 1, Path(place) / "milestone", clock, plain)
        look = _scoring_seconds(plain) / 3
        return Measured(
            of=settings,
            step=clock.seconds_per_step,
            look=look,
            milestone=max(_scoring_seconds(with_milestone) - 2 * look, look),
            scores=with_milestone.scores.stat().st_size / 3,
            checkpoint=_size(plain.checkpoint(0)),
        )


def _shortened(settings: ExperimentSettings, checkpoints: tuple[int, ...]) -> ExperimentSettings:
    """The same run with few steps; `model_copy` checks nothing again, which is as well here."""
    training = settings.training.model_copy(
        update={
            "steps": _STEPS,
            "warmup_steps": 0,
            "checkpoint_steps": checkpoints,
            "evaluate_every": 10**6,
        }
    )
    return settings.model_copy(update={"training": training})


def _scored(
    settings: ExperimentSettings,
    milestones: int,
    path: Path,
    observer: Observer,
    source: RunFolder | None = None,
) -> RunFolder:
    scoring = settings.scoring.model_copy(update={"milestones": milestones})
    settings = settings.model_copy(update={"scoring": scoring})
    if source is not None:
        share_training(source, RunFolder.create(path, settings.to_toml()))
    return run_experiment(settings, path, observer, wanted=("scoring",))


def _scoring_seconds(run: RunFolder) -> float:
    return float(run.manifest["stages"]["scoring"]["seconds"])


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
