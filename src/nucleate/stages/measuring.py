"""The stages that measure: scores, unseen instances and interventions, checkpoint by checkpoint.

This module hides which instances each of them looks at. None knows where states and models come from: a
`Subject` gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.splits import HARDEST_FIRST
from nucleate.corpus.subset import analysis_subset, centroid_rows
from nucleate.errors import LabelsError, NobodyToPairError
from nucleate.intervene.analysis import intervene_on
from nucleate.intervene.outcomes.effects import Effect, write_effects
from nucleate.intervene.pairs import draw_pairs
from nucleate.intervene.places import require_centroids
from nucleate.intervene.repair import repair_split
from nucleate.pictures.planes import POINTS_PER_SPLIT, Projector, Spot, balanced_order
from nucleate.pictures.points_table import Projections
from nucleate.pictures.tsne_scores import EmbeddedScorer
from nucleate.resampling.named_seeds import drawn_anew
from nucleate.scores import Scores
from nucleate.scoring.controls import dialect_oracle_control, untrained_control
from nucleate.settings.config import Settings
from nucleate.settings.presets import AnalysisSettings, MeasurementSettings
from nucleate.spacing import evenly_spaced
from nucleate.stages.context import StageContext, counted
from nucleate.stages.kept_states import StatesElsewhere, keep, left_where_they_are
from nucleate.stages.looking import look_at_all
from nucleate.stages.observer import Observer
from nucleate.unseen.analysis import look_at_unseen, unseen_rows, what_is_lacking


def score(context: StageContext[MeasurementSettings]) -> None:
    """Score the states of every checkpoint."""
    folder = context.folder
    inputs = _inputs_of(context, context.settings.scoring)
    with context.stage(
        "scoring", *inputs, *_pictured(context.settings), needs=context.subject.stage
    ) as is_due:
        if is_due:
            scores, projections = _score_checkpoints(context)
            with folder.commit(folder.projections) as path:
                projections.write(path)
            with folder.commit(folder.scores) as path:
                scores.write(path)


def _score_checkpoints(context: StageContext[MeasurementSettings]) -> tuple[Scores, Projections]:
    """Each checkpoint on its own, then what goes from step to step. It commits nothing."""
    settings, corpus, tag = context.settings, context.corpus, context.tag
    scoring, steps, rows = settings.scoring, context.subject.steps, scored_rows(settings, corpus)
    embedded = evenly_spaced(steps, scoring.tsne_steps) if scoring.tsne else ()
    pictures = EmbeddedScorer(scoring, tag)
    parts = []
    with context.folder.scratch("states") as scratch:
        seen = look_at_all(
            steps,
            partial(_kept, context, rows, scratch),
            evenly_spaced(steps, scoring.milestones),
            scoring,
            tag,
            partial(_projector, steps=steps, settings=settings),
            corpus.telling_tokens(corpus.table.take(rows)),
            context.workplace,
            context.observer.on_progress,
        )
        for step in steps:
            scores, points = seen.looks[step]
            parts.append(scores)
            seen.projector.add(points)
            if step in embedded:
                states = seen.kept[step].read()
                parts.append(pictures.score(states, scores))
    shown, last = rows[seen.projector.shown], seen.kept[steps[-1]].beside
    projections = seen.projector.finish(corpus.readable.take(shown), corpus.text_of)
    scores = Scores.concatenate(parts)
    controls = [
        untrained_control(scores),
        *(surface.beside(scores) for surface in seen.surfaces),
        dialect_oracle_control(scores, last, scoring, seed=settings.seed),
    ]
    return Scores.concatenate([scores, *controls]), projections


def _kept(
    context: StageContext[MeasurementSettings], rows: np.ndarray, scratch: Path, step: int
) -> StatesElsewhere:
    """The states of one step: captured in this process, which has the models, or read where they lie."""
    subject, corpus, positions = context.subject, context.corpus, context.settings.scoring.positions
    if context.workplace.is_cluster:
        return left_where_they_are(context.folder.states(step), corpus, rows, positions)
    return keep(subject.states(step, corpus, rows, positions), scratch)


def wanted_rows(settings: AnalysisSettings, corpus: Corpus) -> np.ndarray:
    """The rows of the corpus that scoring and the look at unseen instances will want."""
    wanted = [scored_rows(settings, corpus)]
    if not what_is_lacking(corpus):
        wanted.append(unseen_rows(corpus, settings.unseen, settings.seed))
    return np.unique(np.concatenate(wanted))


def wanted_positions(settings: AnalysisSettings) -> tuple[str, ...]:
    """The positions that scoring and unseen instances read."""
    return tuple(dict.fromkeys((*settings.scoring.positions, *settings.unseen.positions)))


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


def _projector(last: HiddenStates, steps: Sequence[int], settings: MeasurementSettings) -> Projector:
    """With the axes of the last checkpoint, so that all steps can be seen along them."""
    shown = balanced_order(last.split, last.labels["task"], POINTS_PER_SPLIT, settings.seed)
    n_points = settings.pictures.n_points if settings.pictures.tsne else 0
    pictured = evenly_spaced(steps, settings.pictures.n_steps)
    spot = Spot(settings.claims.position, settings.claims.factor, n_points, tuple(pictured))
    return Projector(last.select(shown), shown, settings.seed, settings.scoring.n_init_settled, spot)


def _pictured(settings: MeasurementSettings) -> tuple[Any, ...]:
    """What pictures are made of beside the scores."""
    return (settings.pictures.digest(), settings.claims.position, settings.claims.factor)


def unseen(context: StageContext[MeasurementSettings]) -> None:
    """How lying with one's own task goes with being answered right, at every checkpoint."""
    subject = context.subject
    lacking = what_is_lacking(context.corpus)
    if lacking and subject.stage == "capture":
        context.observer.on_stage("unseen", f"is left out: {lacking}")
        _keep_reason(context, "unseen", lacking)
        return
    try:
        _look_at_unseen(context)
    except LabelsError as error:  # prompts of one's own may lack what it needs, and still have scores
        if subject.stage != "capture":
            raise
        context.observer.on_note(f"unseen is left out: {error.what}")
        _keep_reason(context, "unseen", error.what)


def _look_at_unseen(context: StageContext[MeasurementSettings]) -> None:
    own, folder, subject = context.settings.unseen, context.folder, context.subject
    with context.stage("unseen", *_inputs_of(context, own), needs=subject.stage) as is_due:
        if is_due:
            rows = unseen_rows(context.corpus, own, context.settings.seed)
            captured = (
                subject.states(step, context.corpus, rows, own.positions)
                for step in counted(subject.steps, context.observer)
            )
            found = look_at_unseen(captured, context.corpus, own, context.tag)
            with folder.commit(folder.selective) as path:
                found.selective.to_parquet(path, index=False)
            with folder.commit(folder.unseen) as path:
                found.scores.write(path)


def intervene(context: StageContext[MeasurementSettings]) -> None:
    """What answers become when states are moved, at as many checkpoints as are asked for.

    Raises:
        InterventionError: the corpus has nothing to compare, or a proof failed.
        LabelsError: a task has no centroid without the input that is tested.
    """
    own, folder, subject = context.settings.intervene, context.folder, context.subject
    _require_moved(context)  # fails before anything is begun
    with context.stage("intervene", *_inputs_of(context, own), needs=subject.stage) as is_due:
        if is_due:
            if repair_split(context.corpus) is None:
                context.observer.on_note(f"repair is left out: no instance is in {', '.join(HARDEST_FIRST)}")
            effects: list[Effect] = []
            steps = evenly_spaced(subject.steps, own.n_steps)
            for before, step in enumerate(steps):
                with subject.model(step) as model:
                    effects += intervene_on(
                        model,
                        context.corpus,
                        own,
                        context.tag,
                        step=step,
                        on_progress=partial(_cells_done, context.observer, before, len(steps)),
                    )
            with folder.commit(folder.interventions) as path:
                write_effects(effects, path)


def _require_moved(context: StageContext[MeasurementSettings]) -> None:
    """There are pairs, and centroids to move them by."""
    own, corpus = context.settings.intervene, context.corpus
    seed = drawn_anew(context.settings.seed, own.draw_seed)
    pairs = draw_pairs(corpus, own.split, own.n_pairs, seed)
    require_centroids(corpus, pairs, centroid_rows(corpus, own.n_centroid_examples, seed))


def _cells_done(observer: Observer, steps_before: int, n_steps: int, done: int, total: int) -> None:
    """Cells of one step among those of all."""
    observer.on_progress(steps_before * total + done, n_steps * total)


def intervene_if_possible(context: StageContext[MeasurementSettings]) -> None:
    """A corpus without tasks to compare, or with tasks of one input, is no reason to lose a run.

    It is said, and left out.
    """
    try:
        intervene(context)
    except (NobodyToPairError, LabelsError) as error:
        context.observer.on_stage("intervene", f"is left out: {error.what}")
        _keep_reason(context, "intervene", error.what)


def _keep_reason(context: StageContext[MeasurementSettings], stage: str, why: str) -> None:
    """Why a stage was left out, for the page."""
    context.folder.describe(left_out={**context.folder.manifest.get("left_out", {}), stage: why})


def _inputs_of(context: StageContext[MeasurementSettings], own: Settings) -> tuple[Any, ...]:
    made_from = map(context.folder.outputs_digest, ("corpus", context.subject.stage))
    return (context.settings.seed, own.digest(), *made_from)
