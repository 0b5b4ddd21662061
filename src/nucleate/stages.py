"""The stages of an experiment, each from the run's folder to the run's folder.

Hidden here: what each stage is made from, so that it is skipped where it was finished from the same inputs
and done again where they changed. Which stages there are in what order is `experiment.py`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from transformers import PreTrainedModel

from nucleate.capture.record import capture
from nucleate.capture.self_test import require_batches_to_agree
from nucleate.capture.stored import store_states
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
from nucleate.corpus.prompts import Prompt
from nucleate.corpus.saved import load_corpus
from nucleate.corpus.subset import analysis_subset
from nucleate.emergence import emergence_table
from nucleate.errors import NobodyToPairError
from nucleate.figures.gallery import draw_cause_figures, draw_figures
from nucleate.intervene.analysis import intervene_on, spread_steps
from nucleate.intervene.effects import Effect, write_effects
from nucleate.intervene.pairs import draw_pairs
from nucleate.models import build_model, load_start, load_tokenizer
from nucleate.presets import AnalysisSettings, ExperimentSettings, MeasurementSettings
from nucleate.report.page import build_page
from nucleate.run_folder import RunFolder, digest_of
from nucleate.scores import Scores
from nucleate.series.series import Series
from nucleate.subjects import Subject
from nucleate.training.trainer import TrainingObserver, TrainingRecord, train
from nucleate.unseen.analysis import analyse_unseen, unseen_rows, what_is_lacking

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
        return PromptCorpus.build(prompts, load_tokenizer(Path(settings.model.start)))
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
        return load_start(Path(settings.model.start))
    return build_model(
        settings.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=settings.seed
    )


def make_prompt_corpus(
    settings: AnalysisSettings,
    prompts: Sequence[Prompt],
    series: Series,
    folder: RunFolder,
    observer: Observer,
) -> Corpus:
    """Put the prompts into the model's own tokens, or read those that are there."""
    inputs = digest_of(settings.prompts.digest(), settings.model.digest())
    if folder.is_done("corpus", inputs):
        observer.on_stage("corpus", "is done already")
        return load_corpus(folder.corpus)
    observer.on_stage("corpus", "begins")
    with folder.stage("corpus", inputs):
        corpus = PromptCorpus.build(prompts, series.tokenizer(), settings.prompts.task or None)
        with folder.commit(folder.corpus) as path:
            corpus.save(path)
    observer.on_stage("corpus", "ends")
    return corpus


def capture_series(
    settings: AnalysisSettings, folder: RunFolder, corpus: Corpus, series: Series, observer: Observer
) -> None:
    """Fetch, capture and drop one checkpoint after the other; those that were captured before are kept."""
    rows = _all_rows(settings, corpus)
    positions = tuple(dict.fromkeys((*settings.scoring.positions, *settings.unseen.positions)))
    weights = sorted((row.step, row.digest) for row in series.table)
    about = (settings.model.digest(), positions, hashlib.sha256(rows.tobytes()).hexdigest(), weights)
    inputs = digest_of(settings.seed, folder.outputs_digest("corpus"), *about)
    if folder.is_done("capture", inputs):
        observer.on_stage("capture", "is done already")
        return
    observer.on_stage("capture", "begins")
    with folder.stage("capture", inputs):
        steps = [step for step in reversed(series.members) if not folder.has_recorded(folder.states(step))]
        for done, step in enumerate(steps):
            observer.on_progress(done, len(steps))
            with series.model(step, settings.seed) as model:
                require_batches_to_agree(model, corpus, rows, settings.capture)
                with folder.commit(folder.states(step)) as path:
                    store_states(
                        model, corpus, rows, path, step=step, positions=positions, settings=settings.capture
                    )
    observer.on_stage("capture", "ends")


def _all_rows(settings: AnalysisSettings, corpus: Corpus) -> np.ndarray:
    """What scoring and the look at unseen instances will want."""
    wanted = [_scored_rows(settings, corpus)]
    if not what_is_lacking(corpus):
        wanted.append(unseen_rows(corpus, settings.unseen, settings.seed))
    return np.unique(np.concatenate(wanted))


def score(
    settings: MeasurementSettings, folder: RunFolder, corpus: Corpus, subject: Subject, observer: Observer
) -> None:
    """Score the states of every checkpoint."""
    inputs = digest_of(
        settings.seed,
        settings.scoring.digest(),
        folder.outputs_digest("corpus"),
        folder.outputs_digest(subject.stage),
    )
    if folder.is_done("scoring", inputs):
        observer.on_stage("scoring", "is done already")
        return
    folder.require(subject.stage)
    observer.on_stage("scoring", "begins")
    with folder.stage("scoring", inputs):
        scores = _score_checkpoints(settings, folder, corpus, subject, observer)
        with folder.commit(folder.scores) as path:
            scores.write(path)
    observer.on_stage("scoring", "ends")


def _score_checkpoints(
    settings: MeasurementSettings,
    folder: RunFolder,
    corpus: Corpus,
    subject: Subject,
    observer: Observer,
) -> Scores:
    scoring, steps, rows = settings.scoring, subject.steps, _scored_rows(settings, corpus)
    milestones = milestone_steps(steps, scoring.milestones)
    pictured = milestone_steps(steps, scoring.tsne_steps) if scoring.tsne else ()
    pictures = EmbeddedScorer(scoring, run=folder.path.name, model=subject.name, seed=settings.seed)
    projector = _projector(settings, subject, corpus, rows)
    parts = []
    for done, step in enumerate(steps):
        observer.on_progress(done, len(steps))
        states = subject.states(step, corpus, rows, scoring.positions)
        parts.append(
            score_states(
                states,
                scoring,
                run=folder.path.name,
                model=subject.name,
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


def _scored_rows(settings: MeasurementSettings, corpus: Corpus) -> np.ndarray:
    scoring = settings.scoring
    return analysis_subset(
        corpus,
        scoring.n_tasks,
        scoring.n_examples,
        scoring.splits,
        settings.seed,
        scoring.instances_per_instruction,
        scoring.whole_instructions,
    )


def _projector(
    settings: MeasurementSettings, subject: Subject, corpus: Corpus, rows: np.ndarray
) -> Projector:
    """With the axes of the last checkpoint, so that all steps can be seen along them."""
    split, task = corpus.table["split"].to_numpy(zero_copy_only=False)[rows], corpus.labels()["task"][rows]
    shown = balanced_order(split, task, POINTS_PER_SPLIT, settings.seed)
    last = subject.states(subject.steps[-1], corpus, rows[shown], settings.scoring.positions)
    return Projector(last, shown, settings.seed)


def _write_projections(folder: RunFolder, corpus: Corpus, rows: np.ndarray, projector: Projector) -> None:
    with folder.commit(folder.projections) as path:
        projector.finish(corpus.readable.take(rows), corpus.text_of).write(path)


def unseen(
    settings: MeasurementSettings, folder: RunFolder, corpus: Corpus, subject: Subject, observer: Observer
) -> None:
    """How lying with one's own task goes with being answered right, at every checkpoint."""
    lacking = what_is_lacking(corpus)
    if lacking and subject.stage == "capture":
        observer.on_stage("unseen", f"is left out: {lacking}")
        return
    inputs = _inputs_of_analysis(settings, settings.unseen, folder, subject)
    if folder.is_done("unseen", inputs):
        observer.on_stage("unseen", "is done already")
        return
    folder.require(subject.stage)
    observer.on_stage("unseen", "begins")
    with folder.stage("unseen", inputs):
        rows = unseen_rows(corpus, settings.unseen, settings.seed)
        captured = (
            subject.states(step, corpus, rows, settings.unseen.positions)
            for step in _counted(subject.steps, observer)
        )
        about: dict[str, Any] = {"seed": settings.seed, "run": folder.path.name, "name": subject.name}
        figures = analyse_unseen(captured, corpus, settings.unseen, **about)
        with folder.commit(folder.unseen) as path:
            figures.write(path)
    observer.on_stage("unseen", "ends")


def intervene(
    settings: MeasurementSettings, folder: RunFolder, corpus: Corpus, subject: Subject, observer: Observer
) -> None:
    """What answers become when states are moved, at as many checkpoints as are asked for.

    Raises:
        InterventionError: the corpus has nothing to compare, or a proof failed.
    """
    inputs = _inputs_of_analysis(settings, settings.intervene, folder, subject)
    if folder.is_done("intervene", inputs):
        observer.on_stage("intervene", "is done already")
        return
    folder.require(subject.stage)
    draw_pairs(corpus, settings.intervene.split, 1, settings.seed)  # fails before anything is begun
    observer.on_stage("intervene", "begins")
    chosen, effects = settings.intervene, list[Effect]()
    about: dict[str, Any] = {"seed": settings.seed, "run": folder.path.name, "name": subject.name}
    with folder.stage("intervene", inputs):
        for step in _counted(spread_steps(subject.steps, chosen.n_steps), observer):
            with subject.model(step) as model:
                effects += intervene_on(model, corpus, chosen, step=step, **about)
        with folder.commit(folder.interventions) as path:
            write_effects(effects, path)
    observer.on_stage("intervene", "ends")


def intervene_if_possible(
    settings: MeasurementSettings, folder: RunFolder, corpus: Corpus, subject: Subject, observer: Observer
) -> None:
    """A corpus without tasks to compare is no reason to lose a run; it is said, and left out."""
    try:
        intervene(settings, folder, corpus, subject, observer)
    except NobodyToPairError as error:
        observer.on_stage("intervene", f"is left out: {error.what}")


def _inputs_of_analysis(
    settings: MeasurementSettings, own: Settings, folder: RunFolder, subject: Subject
) -> str:
    return digest_of(
        settings.seed, own.digest(), folder.outputs_digest("corpus"), folder.outputs_digest(subject.stage)
    )


def _counted(steps: list[int], observer: Observer) -> Iterator[int]:
    """Each step, the observer told how far it is."""
    for done, step in enumerate(steps):
        observer.on_progress(done, len(steps))
        yield step
    observer.on_progress(len(steps), len(steps))


def draw(
    settings: MeasurementSettings, folder: RunFolder, observer: Observer, *, again: bool = False
) -> None:
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
            preparation = settings.claims.preparation
            emergence_table(scores, preparation=preparation).to_parquet(path, index=False)
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
