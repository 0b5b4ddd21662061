"""The stages of an experiment, each from the run's folder to the run's folder.

Hidden here: what each stage is made from, so that it is skipped where it was finished from the same inputs
and done again where they changed. Which stages there are in what order is `experiment.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from transformers import PreTrainedModel

from nucleate.capture.record import capture
from nucleate.claims import judge_claims, write_claims
from nucleate.claims_of_cause import judge_causes, read_causes
from nucleate.clustering.agreement import adjusted_rand_index
from nucleate.clustering.controls import bag_of_tokens_control, untrained_control
from nucleate.clustering.embedded_scoring import EmbeddedScorer
from nucleate.clustering.kmeans import kmeans
from nucleate.clustering.projection import POINTS_PER_SPLIT, Projector, balanced_order
from nucleate.clustering.scoring import score_states
from nucleate.clustering.settings import milestone_steps
from nucleate.config import Settings
from nucleate.corpus.byte_pairs import train_byte_pairs
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.facts import FactSettings, draw_prompts, write_prompts
from nucleate.corpus.grammar_corpus import GrammarCorpus
from nucleate.corpus.prompt_corpus import PromptCorpus
from nucleate.corpus.saved import load_corpus
from nucleate.corpus.subset import analysis_subset
from nucleate.emergence import emergence_table
from nucleate.errors import NobodyToPairError
from nucleate.figures.gallery import draw_cause_figures, draw_figures
from nucleate.hidden_states import HiddenStates
from nucleate.intervene.analysis import intervene_on, spread_steps
from nucleate.intervene.effects import write_effects
from nucleate.intervene.pairs import draw_pairs
from nucleate.models import build_model, load_model, pick_device
from nucleate.presets import ExperimentSettings
from nucleate.pretrained import load_start, load_tokenizer
from nucleate.report.page import build_page
from nucleate.run_folder import RunFolder, digest_of
from nucleate.scores import Scores
from nucleate.training.trainer import TrainingObserver, TrainingRecord, train
from nucleate.unseen.analysis import analyse_unseen

_LIVE_EXAMPLES, _LIVE_STARTS = 400, 2


class Observer(TrainingObserver, Protocol):
    """Who watches a run: training as it goes, and the stages."""

    def on_stage(self, name: str, what: str) -> None:
        """`what` is `begins`, `ends`, or `is done already`."""

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None:
        """Quick agreement with task per site, on a small sample: for the eye, not for the table."""

    def on_progress(self, done: int, total: int) -> None:
        """Within a stage that counts what it does."""


class Silent:
    """An observer that says nothing."""

    def on_stage(self, name: str, what: str) -> None: ...

    def on_record(self, record: TrainingRecord) -> None: ...

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None: ...

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None: ...

    def on_progress(self, done: int, total: int) -> None: ...


def make_corpus(settings: ExperimentSettings, folder: RunFolder, observer: Observer) -> Corpus:
    """Build the corpus, or read the one that is there."""
    tokenizer_of = [settings.model.start] if settings.model.start else []
    inputs = digest_of(settings.seed, settings.corpus.digest(), *tokenizer_of)
    if folder.is_done("corpus", inputs):
        observer.on_stage("corpus", "is done already")
        return load_corpus(folder.corpus)
    observer.on_stage("corpus", "begins")
    with folder.stage("corpus", inputs), folder.commit(folder.corpus) as path:
        corpus = _build_corpus(settings, path)
        corpus.save(path)
    observer.on_stage("corpus", "ends")
    return corpus


def _build_corpus(settings: ExperimentSettings, folder: Path) -> Corpus:
    """Facts come in the tokens of the model that is trained on, and their prompts lie beside as JSONL."""
    if not isinstance(settings.corpus, FactSettings):
        return GrammarCorpus.build(settings.corpus, settings.seed)
    prompts = draw_prompts(settings.corpus, settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_prompts(prompts, folder / "prompts.jsonl")
    if settings.model.start:
        return PromptCorpus.build(prompts, load_tokenizer(settings.model.start))
    trained_on = [prompt.text + (prompt.answer or "") for prompt in prompts if prompt.split == "train"]
    return PromptCorpus.build(prompts, train_byte_pairs(trained_on, settings.corpus.vocabulary))


def train_model(settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer) -> None:
    """Train to the end, from where a broken-off training left off."""
    parts = (
        settings.seed,
        settings.model.digest(),
        settings.training.digest(),
        folder.outputs_digest("corpus"),
    )
    inputs = digest_of(*parts)
    if folder.is_done("training", inputs):
        observer.on_stage("training", "is done already")
        return
    observer.on_stage("training", "begins")
    model = _model_before_training(settings, corpus)
    with folder.stage("training", inputs):
        watcher = _AgreementWatcher(observer, corpus, settings)
        train(model, corpus, settings.training, folder, seed=settings.seed, observer=watcher)
    observer.on_stage("training", "ends")


def _model_before_training(settings: ExperimentSettings, corpus: Corpus) -> PreTrainedModel:
    if settings.model.start:
        return load_start(settings.model.start)
    return build_model(
        settings.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=settings.seed
    )


def score(settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer) -> None:
    """Capture and score every checkpoint."""
    inputs = digest_of(
        settings.seed,
        settings.scoring.digest(),
        folder.outputs_digest("corpus"),
        folder.outputs_digest("training"),
    )
    if folder.is_done("scoring", inputs):
        observer.on_stage("scoring", "is done already")
        return
    folder.require("training")
    observer.on_stage("scoring", "begins")
    with folder.stage("scoring", inputs):
        scores = _score_checkpoints(settings, folder, corpus, observer)
        with folder.commit(folder.scores) as path:
            scores.write(path)
    observer.on_stage("scoring", "ends")


def _score_checkpoints(
    settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer
) -> Scores:
    scoring, steps = settings.scoring, folder.checkpoint_steps()
    rows = analysis_subset(
        corpus,
        scoring.n_tasks,
        scoring.n_examples,
        scoring.splits,
        settings.seed,
        scoring.instances_per_instruction,
        scoring.whole_instructions,
    )
    milestones = milestone_steps(steps, scoring.milestones)
    pictured = milestone_steps(steps, scoring.tsne_steps) if scoring.tsne else ()
    pictures = EmbeddedScorer(scoring, run=folder.path.name, model="gpt2", seed=settings.seed)
    projector = _projector(settings, folder, corpus, rows)
    parts = []
    for done, step in enumerate(steps):
        observer.on_progress(done, len(steps))
        states = _states_at(step, settings, folder, corpus, rows)
        parts.append(
            score_states(
                states,
                scoring,
                run=folder.path.name,
                model="gpt2",
                seed=settings.seed,
                milestone=step in milestones,
            )
        )
        if step in pictured:
            parts.append(pictures.score(states, parts[-1]))
        projector.add(states, tsne_positions=scoring.tsne_positions if step in pictured else ())
    observer.on_progress(len(steps), len(steps))
    _write_projections(folder, corpus, rows[projector.shown], projector)
    scores = Scores.concatenate(parts)
    bag_of_tokens = bag_of_tokens_control(scores, states, scoring, seed=settings.seed)
    return Scores.concatenate([scores, untrained_control(scores), bag_of_tokens])


def _states_at(
    step: int, settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, rows: np.ndarray
) -> HiddenStates:
    model = load_model(folder.checkpoint(step)).to(pick_device(settings.training.device))
    return capture(model, corpus, rows, step=step, positions=settings.scoring.positions)


def _projector(
    settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, rows: np.ndarray
) -> Projector:
    """With the axes of the last checkpoint, so that all steps can be seen along them."""
    split, task = corpus.table["split"].to_numpy(zero_copy_only=False)[rows], corpus.labels()["task"][rows]
    shown = balanced_order(split, task, POINTS_PER_SPLIT, settings.seed)
    last = _states_at(folder.checkpoint_steps()[-1], settings, folder, corpus, rows[shown])
    return Projector(last, shown, settings.seed)


def _write_projections(folder: RunFolder, corpus: Corpus, rows: np.ndarray, projector: Projector) -> None:
    examples = corpus.table.take(rows).drop_columns(["input_ids"])
    tokens = corpus.tokenizer.convert_ids_to_tokens(list(range(corpus.vocab_size)))
    with folder.commit(folder.projections) as path:
        projector.finish(examples, tokens).write(path)


def unseen(settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer) -> None:
    """How lying with one's own task goes with being answered right, at every checkpoint."""
    inputs = _inputs_of_analysis(settings, settings.unseen, folder)
    if folder.is_done("unseen", inputs):
        observer.on_stage("unseen", "is done already")
        return
    folder.require("training")
    observer.on_stage("unseen", "begins")
    with folder.stage("unseen", inputs):
        models = _checkpoints(settings, folder, folder.checkpoint_steps(), observer)
        rows = analyse_unseen(
            models, corpus, settings.unseen, seed=settings.seed, run=folder.path.name, name="gpt2"
        )
        with folder.commit(folder.unseen) as path:
            rows.write(path)
    observer.on_stage("unseen", "ends")


def intervene(settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer) -> None:
    """What answers become when states are moved, at as many checkpoints as are asked for.

    Raises:
        InterventionError: the corpus has nothing to compare, or a proof failed.
    """
    inputs = _inputs_of_analysis(settings, settings.intervene, folder)
    if folder.is_done("intervene", inputs):
        observer.on_stage("intervene", "is done already")
        return
    folder.require("training")
    draw_pairs(corpus, settings.intervene.split, 1, settings.seed)  # fails before anything is begun
    observer.on_stage("intervene", "begins")
    chosen, steps = settings.intervene, folder.checkpoint_steps()
    with folder.stage("intervene", inputs):
        effects = [
            effect
            for step, model in _checkpoints(settings, folder, spread_steps(steps, chosen.n_steps), observer)
            for effect in intervene_on(
                model, corpus, chosen, step=step, seed=settings.seed, run=folder.path.name, name="gpt2"
            )
        ]
        with folder.commit(folder.interventions) as path:
            write_effects(effects, path)
    observer.on_stage("intervene", "ends")


def intervene_if_possible(
    settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer
) -> None:
    """A corpus without tasks to compare is no reason to lose a run; it is said, and left out."""
    try:
        intervene(settings, folder, corpus, observer)
    except NobodyToPairError as error:
        observer.on_stage("intervene", f"is left out: {error.what}")


def _inputs_of_analysis(settings: ExperimentSettings, own: Settings, folder: RunFolder) -> str:
    return digest_of(
        settings.seed, own.digest(), folder.outputs_digest("corpus"), folder.outputs_digest("training")
    )


def _checkpoints(
    settings: ExperimentSettings, folder: RunFolder, steps: list[int], observer: Observer
) -> Iterator[tuple[int, PreTrainedModel]]:
    """Each step with its model, loaded when its turn comes."""
    for done, step in enumerate(steps):
        observer.on_progress(done, len(steps))
        yield step, load_model(folder.checkpoint(step)).to(pick_device(settings.training.device))
    observer.on_progress(len(steps), len(steps))


def draw(settings: ExperimentSettings, folder: RunFolder, observer: Observer, *, again: bool = False) -> None:
    """Judge the claims and draw the figures; needs no model."""
    stages = ("scoring", "unseen", "intervene")
    inputs = digest_of(settings.claims.digest(), *map(folder.outputs_digest, stages))
    if not again and folder.is_done("claims", inputs) and folder.is_done("figures", inputs):
        observer.on_stage("figures", "is done already")
        return
    folder.require("scoring")
    scores, causes = Scores.read(folder.scores), read_causes(folder)
    observer.on_stage("figures", "begins")
    with folder.stage("claims", inputs):
        with folder.commit(folder.claims) as path:
            write_claims(
                [*judge_claims(scores, settings.claims), *judge_causes(*causes, settings.claims)], path
            )
        with folder.commit(folder.emergence) as path:
            emergence_table(scores).to_parquet(path, index=False)
    with folder.stage("figures", inputs), folder.commit(folder.figures) as path:
        draw_figures(scores, path, position=settings.claims.position, factor=settings.claims.factor)
        draw_cause_figures(scores, *causes, path)
    observer.on_stage("figures", "ends")


def make_report(folder: RunFolder, observer: Observer, *, again: bool = False) -> None:
    """Write the run's page from everything that is in its folder."""
    others = {stage: folder.outputs_digest(stage) for stage in folder.manifest["stages"] if stage != "report"}
    inputs = digest_of(others)
    if not again and folder.is_done("report", inputs):
        observer.on_stage("report", "is done already")
        return
    observer.on_stage("report", "begins")
    with folder.stage("report", inputs), folder.commit(folder.report) as path:
        path.write_text(build_page([folder]), encoding="utf-8")
    observer.on_stage("report", "ends")


class _AgreementWatcher:
    """Adds quick agreement at every checkpoint to what an observer is told."""

    def __init__(self, observer: Observer, corpus: Corpus, settings: ExperimentSettings) -> None:
        self.observer, self.corpus, self.position = observer, corpus, settings.claims.position
        self.rows = analysis_subset(
            corpus,
            settings.scoring.n_tasks,
            _LIVE_EXAMPLES,
            ("validation",),
            settings.seed,
            per_instruction=1,
        )

    def on_record(self, record: TrainingRecord) -> None:
        self.observer.on_record(record)

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None:
        self.observer.on_checkpoint(step, model)
        states = capture(model, self.corpus, self.rows, step=step, positions=(self.position,))
        tasks = states.labels["task"]
        found = kmeans(
            states.at(self.position), len(np.unique(tasks)), n_init=_LIVE_STARTS, seed=0
        ).best_labels
        agreement = [adjusted_rand_index(tasks, clusters) for clusters in found]
        self.observer.on_agreement(step, dict(zip(states.sites, agreement, strict=True)))
