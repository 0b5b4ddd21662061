"""The stages that measure: scores, unseen instances and interventions, checkpoint by checkpoint.

Hidden here: which instances each of them looks at. None knows where states and models come from: a `Subject`
gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nucleate.clustering.controls import bag_of_tokens_control, untrained_control
from nucleate.clustering.embedded_scoring import EmbeddedScorer
from nucleate.clustering.projection import POINTS_PER_SPLIT, Projector, StepPoints, balanced_order
from nucleate.clustering.scoring import score_states
from nucleate.clustering.settings import milestone_steps
from nucleate.config import Settings
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.subset import analysis_subset
from nucleate.errors import NobodyToPairError
from nucleate.hidden_states import HiddenStates
from nucleate.intervene.analysis import intervene_on, spread_steps
from nucleate.intervene.effects import Effect, write_effects
from nucleate.intervene.pairs import draw_pairs
from nucleate.presets import AnalysisSettings, MeasurementSettings
from nucleate.processes import side_by_side
from nucleate.run_folder import RunFolder, digest_of
from nucleate.scores import Scores
from nucleate.stages.observer import Observer
from nucleate.subjects import Subject
from nucleate.unseen.analysis import analyse_unseen, unseen_rows, what_is_lacking

Look = tuple[Scores, StepPoints]
"""What is seen of one checkpoint."""

MANY_EXAMPLES = 4000
"""Examples over all checkpoints from which on scoring them takes longer than processes take to start."""


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
    """Each checkpoint on its own, then what goes from step to step."""
    scoring, steps, rows = settings.scoring, subject.steps, scored_rows(settings, corpus)
    last = subject.states(steps[-1], corpus, rows, scoring.positions)
    projector = _projector(last, settings.seed)
    last = replace(last, states=last.states[..., :0].copy())  # from here on its labels alone are wanted
    look = partial(_look_at, settings, folder.path.name, corpus, subject, rows, projector)
    found = _look_at_all(look, steps, milestone_steps(steps, scoring.milestones), len(rows), observer)
    pictured = milestone_steps(steps, scoring.tsne_steps) if scoring.tsne else ()
    pictures = EmbeddedScorer(scoring, run=folder.path.name, model=subject.name, seed=settings.seed)
    parts = []
    for step in steps:
        scores, points = found[step]
        parts.append(scores)
        projector.add(points)
        if step in pictured:
            states = subject.states(step, corpus, rows, scoring.positions)
            parts.append(pictures.score(states, scores))
            projector.add_pictures(states, scoring.tsne_positions)
    _write_projections(folder, corpus, rows[projector.shown], projector)
    scores = Scores.concatenate(parts)
    bag_of_tokens = bag_of_tokens_control(scores, last, scoring, seed=settings.seed)
    return Scores.concatenate([scores, untrained_control(scores), bag_of_tokens])


def _look_at_all(
    look: Callable[[int, bool], Look],
    steps: Sequence[int],
    milestones: Collection[int],
    n_examples: int,
    observer: Observer,
) -> dict[int, Look]:
    """Side by side, the longest first: a milestone begun last would be waited for with nothing else to do."""
    in_turn = sorted(steps, key=lambda step: step not in milestones)
    pieces = [partial(look, step, step in milestones) for step in in_turn]
    are_small = n_examples * len(steps) < MANY_EXAMPLES
    found = {}
    for step, one in zip(in_turn, side_by_side(pieces, are_small=are_small), strict=True):
        found[step] = one
        observer.on_progress(len(found), len(steps))
    return found


def _look_at(
    settings: MeasurementSettings,
    run: str,
    corpus: Corpus,
    subject: Subject,
    rows: np.ndarray,
    projector: Projector,
    step: int,
    is_milestone: bool,
) -> Look:
    """What of one checkpoint needs no other."""
    states = subject.states(step, corpus, rows, settings.scoring.positions)
    about: dict[str, Any] = {"run": run, "model": subject.name, "seed": settings.seed}
    scores = score_states(states, settings.scoring, milestone=is_milestone, **about)
    return scores, projector.project(states)


def wanted_rows(settings: AnalysisSettings, corpus: Corpus) -> np.ndarray:
    """The rows of the corpus that scoring and the look at unseen instances will want."""
    wanted = [scored_rows(settings, corpus)]
    if not what_is_lacking(corpus):
        wanted.append(unseen_rows(corpus, settings.unseen, settings.seed))
    return np.unique(np.concatenate(wanted))


def scored_rows(settings: MeasurementSettings, corpus: Corpus) -> np.ndarray:
    """The rows of the corpus that are scored."""
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


def _projector(last: HiddenStates, seed: int) -> Projector:
    """With the axes of the last checkpoint, so that all steps can be seen along them."""
    shown = balanced_order(last.split, last.labels["task"], POINTS_PER_SPLIT, seed)
    return Projector(last.select(shown), shown, seed)


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
