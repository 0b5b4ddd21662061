"""What is seen of one checkpoint without any other, and of the texts: each the work of a process of its own.

This module hides that such a process starts in a fraction of a second. This file imports neither torch, nor
transformers, nor what captures states; they come as files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from nucleate.pictures.planes import Projector, StepPoints
from nucleate.processes import Workplace
from nucleate.scores import RunTag, Scores
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings
from nucleate.scoring.surfaces import SurfaceFigures, bag_of_tokens_figures, ngrams_figures
from nucleate.stages.kept_states import StatesElsewhere

Look = tuple[Scores, StepPoints]
"""What is seen of one checkpoint."""
Piece = Callable[[], Any]

MANY_EXAMPLES = 4000
"""Examples over all checkpoints from which on scoring them takes longer than processes take to start."""


def look_at_all(
    kept: Mapping[int, StatesElsewhere],
    milestones: Collection[int],
    scoring: ScoringSettings,
    tag: RunTag,
    projector: Projector,
    told: Sequence[Sequence[int]],
    workplace: Workplace,
    on_progress: Callable[[int, int], None],
) -> tuple[dict[int, Look], list[SurfaceFigures]]:
    """Side by side, the longest first: a milestone begun last would be waited for with nothing else to do.

    Args:
        kept: the states of every step.
        milestones: steps at which costly figures are taken too.
        scoring: what is scored.
        tag: of the run.
        projector: which draws the points.
        told: the tokens of each example's instruction.
        workplace: where.
        on_progress: is told how many pieces of how many are done.

    Returns: what is seen of each step, and the figures of the texts.
    """
    in_turn = sorted(kept, key=lambda step: step not in milestones)
    texts = next(iter(kept.values())).beside
    surfaces: list[Piece] = [
        partial(ngrams_figures, texts, told, scoring, seed=tag.seed),
        partial(bag_of_tokens_figures, texts, scoring, seed=tag.seed),
    ]
    looks: list[Piece] = [
        partial(look_at, kept[step], scoring, tag, projector, is_milestone=step in milestones)
        for step in in_turn
    ]
    are_small = sum(len(one.beside.split) for one in kept.values()) < MANY_EXAMPLES
    pieces, found = [*surfaces, *looks], []
    for one in workplace.side_by_side(pieces, are_small=are_small):
        found.append(one)
        on_progress(len(found), len(pieces))
    seen = dict(zip(in_turn, found[len(surfaces) :], strict=True))
    return seen, found[: len(surfaces)]


def look_at(
    kept: StatesElsewhere, scoring: ScoringSettings, tag: RunTag, projector: Projector, *, is_milestone: bool
) -> Look:
    """The scores of one checkpoint, and its points in the plane."""
    states = kept.read()
    return score_states(states, scoring, tag, milestone=is_milestone), projector.project(states)
