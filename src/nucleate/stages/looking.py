"""What is seen of one checkpoint without any other: the work of a process of its own.

Hidden here: that such a process starts in a fraction of a second. This file imports neither torch, nor
transformers, nor what captures states; they come as files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from nucleate.pictures.planes import Projector, StepPoints
from nucleate.processes import side_by_side
from nucleate.scores import RunTag, Scores
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings
from nucleate.stages.kept_states import KeptStates

Look = tuple[Scores, StepPoints]
"""What is seen of one checkpoint."""

MANY_EXAMPLES = 4000
"""Examples over all checkpoints from which on scoring them takes longer than processes take to start."""


def look_at_all(
    kept: Mapping[int, KeptStates],
    milestones: Collection[int],
    scoring: ScoringSettings,
    tag: RunTag,
    projector: Projector,
    on_progress: Callable[[int, int], None],
) -> dict[int, Look]:
    """Side by side, the longest first: a milestone begun last would be waited for with nothing else to do."""
    in_turn = sorted(kept, key=lambda step: step not in milestones)
    pieces = [
        partial(look_at, kept[step], scoring, tag, projector, is_milestone=step in milestones)
        for step in in_turn
    ]
    are_small = sum(len(one.beside.split) for one in kept.values()) < MANY_EXAMPLES
    found: dict[int, Look] = {}
    for step, one in zip(in_turn, side_by_side(pieces, are_small=are_small), strict=True):
        found[step] = one
        on_progress(len(found), len(kept))
    return found


def look_at(
    kept: KeptStates, scoring: ScoringSettings, tag: RunTag, projector: Projector, *, is_milestone: bool
) -> Look:
    """The scores of one checkpoint, and its points in the plane."""
    states = kept.read()
    return score_states(states, scoring, tag, milestone=is_milestone), projector.project(states)
