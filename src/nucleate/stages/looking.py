"""What is seen of one checkpoint without any other, and of the texts: each the work of a process of its own.

This module hides that such a process starts in a fraction of a second, and that states are captured here
while those of other steps are looked at there. This file imports neither torch, nor transformers, nor what
captures states; they come as files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from nucleate.capture.hidden_states import HiddenStates
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

N_TEXTS = 2
"""Ways in which the texts are scored."""

MANY_EXAMPLES = 4000
"""Examples over all checkpoints from which on scoring them takes longer than processes take to start."""


@dataclass(frozen=True)
class Seen:
    """What `look_at_all` has seen.

    Attributes:
        kept: the states of every step.
        projector: which has drawn the points of each, and has not yet been given them.
        looks: at every step.
        surfaces: the figures of the texts.
    """

    kept: Mapping[int, StatesElsewhere]
    projector: Projector
    looks: Mapping[int, Look]
    surfaces: Sequence[SurfaceFigures]


def look_at_all(
    steps: Sequence[int],
    keep: Callable[[int], StatesElsewhere],
    milestones: Collection[int],
    scoring: ScoringSettings,
    tag: RunTag,
    projector_of: Callable[[HiddenStates], Projector],
    told: Sequence[Sequence[int]],
    workplace: Workplace,
    on_progress: Callable[[int, int], None],
) -> Seen:
    """Side by side, the longest first: a milestone begun last would be waited for with nothing else to do.

    Args:
        steps: ascending.
        keep: captures the states of a step, or finds them; called here, once for each.
        milestones: steps at which costly figures are taken too.
        scoring: what is scored.
        tag: of the run.
        projector_of: which draws the points, from the states of the last step.
        told: the tokens of each example's instruction.
        workplace: where.
        on_progress: is told how many pieces of how many are done.
    """
    in_turn = sorted(steps, key=lambda step: (step != steps[-1], step not in milestones))
    first_text = sum(step in milestones or step == steps[-1] for step in steps)
    kept: dict[int, StatesElsewhere] = {}
    projector: Projector | None = None

    def pieces() -> Iterator[Piece]:
        nonlocal projector
        for place, step in enumerate(in_turn, 1):
            kept[step] = keep(step)
            projector = projector or projector_of(kept[step].read())
            yield partial(look_at, kept[step], scoring, tag, projector, is_milestone=step in milestones)
            if place == first_text:
                texts = kept[step].beside
                yield partial(ngrams_figures, texts, told, scoring, seed=tag.seed)
                yield partial(bag_of_tokens_figures, texts, scoring, seed=tag.seed)

    n_pieces, found = len(in_turn) + N_TEXTS, []
    are_small = len(told) * len(in_turn) < MANY_EXAMPLES
    for one in workplace.side_by_side(pieces(), n_pieces, are_small=are_small):
        found.append(one)
        on_progress(len(found), n_pieces)
    assert projector, "there is a last step"
    surfaces = found[first_text : first_text + N_TEXTS]
    del found[first_text : first_text + N_TEXTS]
    return Seen(kept, projector, dict(zip(in_turn, found, strict=True)), surfaces)


def look_at(
    kept: StatesElsewhere, scoring: ScoringSettings, tag: RunTag, projector: Projector, *, is_milestone: bool
) -> Look:
    """The scores of one checkpoint, and its points in the plane."""
    states = kept.read()
    return score_states(states, scoring, tag, milestone=is_milestone), projector.project(states)
