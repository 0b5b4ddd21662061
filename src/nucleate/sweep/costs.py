"""What a point costs beside another: for the order in which points are run, and for what a sweep will take.

This module hides the arithmetic of a training step, of scoring a checkpoint and of pictures, and that one
short measurement stands for all points. Nothing here loads torch: a sweep is planned before it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from nucleate.corpus.settings import CorpusSettings
from nucleate.settings.presets import ExperimentSettings
from nucleate.spacing import evenly_spaced

LOOKS_OF_A_MILESTONE = 9.0
"""A checkpoint at which all figures are taken, in ordinary ones: 38 to 40 s beside 4.3 to 4.5 of `quick`. To
measure it would take longer than a dry run may."""
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


def n_pictures(settings: ExperimentSettings) -> int:
    """t-SNE pictures that a run makes: of every site, at some of its checkpoints."""
    n_steps = min(settings.pictures.n_steps, len(settings.training.all_checkpoint_steps()))
    return settings.pictures.tsne * n_steps * (settings.model.n_layer + 2)


@dataclass(frozen=True)
class Measured:
    """What one point took, in parts that others can be told from.

    Attributes:
        of: its settings.
        step: seconds of a training step.
        look: seconds of scoring a checkpoint.
        picture: seconds of one t-SNE picture.
        scores: bytes that a checkpoint adds to the scores.
        checkpoint: bytes of a checkpoint.
    """

    of: ExperimentSettings
    step: float
    look: float
    picture: float
    scores: float
    checkpoint: float

    def seconds(self, settings: ExperimentSettings, *, is_trained: bool = False) -> float:
        """What a point should take on one worker like the one that measured; where trained, its scoring."""
        steps = settings.training.all_checkpoint_steps()
        n_milestones = len(evenly_spaced(steps, settings.scoring.milestones))
        looks = self.look * (len(steps) + n_milestones * (LOOKS_OF_A_MILESTONE - 1))
        training = (
            0.0
            if is_trained
            else self.step * settings.training.steps * step_cost(settings) / step_cost(self.of)
        )
        pictures = (
            self.picture
            * n_pictures(settings)
            * (settings.pictures.n_points / self.of.pictures.n_points) ** 2
        )
        return training + looks * look_cost(settings) / look_cost(self.of) + pictures

    def kept(self, settings: ExperimentSettings, keep: tuple[str, ...]) -> float:
        """Bytes that are kept of a point: scores, and checkpoints where they are asked for."""
        model = settings.model.n_layer * settings.model.n_embd**2
        checkpoint = self.checkpoint * model / (self.of.model.n_layer * self.of.model.n_embd**2)
        n = len(settings.training.all_checkpoint_steps())
        sites = (settings.model.n_layer + 2) / (self.of.model.n_layer + 2)
        return n * (self.scores * sites + (checkpoint if "checkpoints" in keep else 0.0))
