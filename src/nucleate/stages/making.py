"""The stages that make what is measured: the corpus and the trained checkpoints; `capturing.py` has the rest.

This module hides where they come from. A corpus is made from a grammar, from facts or from prompts of one's
own; a model is trained while agreement is shown live to whoever watches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedModel

from nucleate.capture.record import capture
from nucleate.capture.self_test import settle_capture
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.prompts.byte_pairs import train_byte_pairs
from nucleate.corpus.prompts.facts import draw_prompts, write_prompts
from nucleate.corpus.prompts.files.prompt_files import Prompt
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.corpus.prompts.settings import FactSettings
from nucleate.corpus.saved import load_corpus
from nucleate.corpus.subset import analysis_subset
from nucleate.errors import ModelError, TrainingError
from nucleate.models.content import model_digest, tokenizer_digest
from nucleate.models.gpt2 import build_model
from nucleate.models.loading import load_start, load_tokenizer
from nucleate.models.series.series import Series
from nucleate.scoring.methods import GLANCED_EXAMPLES, agreement_at_a_glance
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings
from nucleate.stages.context import FolderContext
from nucleate.stages.measuring import scored_rows
from nucleate.stages.observer import Observer
from nucleate.stages.planning.checks import require_measurable
from nucleate.stages.planning.disk_use import require_room, size_of, use_of_training
from nucleate.training.observer import TrainingRecord
from nucleate.training.trainer import CALMER, train


def make_corpus(context: FolderContext[ExperimentSettings]) -> Corpus:
    """Build the corpus, or read the one that is there; the folder has no settings before they fit it.

    Raises:
        ConfigError: the corpus cannot be measured as the settings ask.
    """
    settings, folder = context.settings, context.folder
    tokenizer_of = [tokenizer_digest(Path(settings.model.start))] if settings.model.start else []
    with context.stage("corpus", settings.seed, settings.corpus.digest(), *tokenizer_of) as is_due:
        if is_due:
            with folder.commit(folder.corpus) as path:
                corpus = _build_corpus(settings, path)
                require_measurable(settings, corpus)
                folder.write_config(settings.to_toml())
                corpus.save(path)
            return corpus
    corpus = load_corpus(folder.corpus)
    require_measurable(settings, corpus)
    return corpus


def _build_corpus(settings: ExperimentSettings, folder: Path) -> Corpus:
    """Facts come in the tokens of the model that is trained on, and their prompts lie beside as JSONL."""
    if not isinstance(settings.corpus, FactSettings):
        return GrammarCorpus.build(settings.corpus, settings.seed)
    prompts = draw_prompts(settings.corpus, settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_prompts(prompts, folder / "prompts.jsonl")
    if settings.model.start:
        return PromptCorpus.build(prompts, load_tokenizer(Path(settings.model.start)))
    trained_on = [prompt.text + (prompt.answer or "") for prompt in prompts if prompt.split == "train"]
    return PromptCorpus.build(prompts, train_byte_pairs(trained_on, settings.corpus.vocabulary))


def make_prompt_corpus(
    context: FolderContext[AnalysisSettings], prompts: Sequence[Prompt], series: Series
) -> Corpus:
    """Put the prompts into the model's own tokens, or read those that are there; else as `make_corpus`."""
    settings, folder = context.settings, context.folder
    about = (settings.prompts.digest(), settings.model.digest(), *series.content)
    with context.stage("corpus", *about) as is_due:
        if is_due:
            corpus: Corpus = PromptCorpus.build(prompts, series.tokenizer(), settings.prompts.task or None)
            require_measurable(settings, corpus)
            folder.write_config(settings.to_toml())
            with folder.commit(folder.corpus) as path:
                corpus.save(path)
            return corpus
    corpus = load_corpus(folder.corpus)
    require_measurable(settings, corpus)
    return corpus


def train_model(context: FolderContext[ExperimentSettings], corpus: Corpus) -> None:
    """Train to the end, from where a broken-off training left off."""
    settings, folder = context.settings, context.folder
    parts = (settings.model.digest(), settings.training.digest(), folder.outputs_digest("corpus"))
    goes_on_from = [model_digest(Path(settings.model.start))] if settings.model.start else []
    with context.stage("training", settings.seed, *parts, *goes_on_from) as is_due:
        if is_due:
            model = _model_before_training(settings, corpus)
            use = use_of_training(settings, corpus, model, size_of(folder.corpus))
            require_room(folder, use, context.observer)
            watcher = _AgreementWatcher(context.observer, corpus, settings)
            train(model, corpus, settings.training, folder, seed=settings.seed, observer=watcher)


def _model_before_training(settings: ExperimentSettings, corpus: Corpus) -> PreTrainedModel:
    if settings.model.start:
        model = load_start(Path(settings.model.start))
        settled = settle_capture(model, corpus, scored_rows(settings, corpus), CaptureSettings())
        if settled.note:
            raise ModelError(
                settled.note, "Only a model that can go on from shared beginnings is trained on."
            )
        return model
    return build_model(
        settings.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=settings.seed
    )


class _AgreementWatcher:
    """Adds quick agreement at every checkpoint to what an observer is told."""

    def __init__(self, observer: Observer, corpus: Corpus, settings: ExperimentSettings) -> None:
        self.observer, self.corpus, self.position = observer, corpus, settings.claims.position
        self.n_init = settings.scoring.n_init_settled
        held_out = corpus.of_split("validation").num_rows > 0
        self.rows = analysis_subset(
            corpus,
            settings.scoring.n_tasks,
            GLANCED_EXAMPLES,
            ("validation" if held_out else "train",),
            settings.seed,
            per_instruction=1,
        )

    def on_record(self, record: TrainingRecord) -> None:
        self.observer.on_record(record)

    def on_note(self, text: str) -> None:
        self.observer.on_note(text)

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None:
        self.observer.on_checkpoint(step, model)
        try:
            states = capture(model, self.corpus, self.rows, step=step, positions=(self.position,))
        except ModelError as error:
            raise TrainingError(
                f"after step {step}, {error.what}",
                CALMER,
            ) from error
        points, tasks = states.at(self.position), states.labels["task"]
        agreement = agreement_at_a_glance(points, tasks, self.n_init)
        self.observer.on_agreement(step, dict(zip(states.sites, agreement, strict=True)))
