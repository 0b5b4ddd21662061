"""Repair: unseen instances that lie with another task are moved to their own. Are they answered right now?

This module hides that every instance of a batch is run, and only the misassigned are moved and counted, so
that a row before and after its repair has been computed alike.
"""

from __future__ import annotations

import numpy as np
import torch
from transformers import PreTrainedModel

from nucleate.capture.hidden_states import HiddenStates
from nucleate.capture.record import capture
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.splits import HARDEST_FIRST
from nucleate.corpus.subset import analysis_subset
from nucleate.intervene.edits import Edit, Intervention, Part, Place, apply_edit
from nucleate.intervene.measure import prompts_at
from nucleate.intervene.outcomes.cells import Cell, Values
from nucleate.intervene.places import CAPTURED, TaskCentroids, token_masks
from nucleate.intervene.rerun import CachedPass
from nucleate.intervene.settings import InterveneSettings
from nucleate.lazy import Float, Int
from nucleate.resampling.named_seeds import stream

METRICS = ("right",)
"""The share of misassigned instances that are answered right."""


def _to(role: int) -> Edit:
    """From the centroid that a state lies nearest to, to its own (1) or to a third one (2)."""

    def edit(place: Place, part: Part, strength: float) -> torch.Tensor:
        return place.states + strength * part.step(0, role)

    return edit


def _at_random(place: Place, part: Part, strength: float) -> torch.Tensor:
    length = part.step(0, 1).norm(dim=-1, keepdim=True)
    return place.states + strength * length * part.direction[:, None]


_EDITS = (
    Intervention("repair", "identity", lambda place, _part, _strength: place.states),
    Intervention("repair", "none", _to(1)),
    Intervention("repair", "third_task", _to(2)),
    Intervention("repair", "random_direction", _at_random),
)


def repair_split(corpus: Corpus) -> str | None:
    """The hardest split that the corpus has: nobody knows yet which are answered wrong.

    None where nothing is held out, and nothing is unseen that could be repaired.
    """
    return next((split for split in HARDEST_FIRST if corpus.of_split(split).num_rows), None)


def measure_repair(
    model: PreTrainedModel,
    corpus: Corpus,
    split: str,
    centroids: TaskCentroids,
    settings: InterveneSettings,
    seed: int,
) -> tuple[Values, Int[np.ndarray, " example"]]:
    """Answers of misassigned instances of a split, as they are and moved.

    Returns: for every cell `METRICS` for every instance, NaN where it is not misassigned there; and the
        instruction of every instance. Positions of several parts have no one assignment, and no cell.
    """
    rows = analysis_subset(corpus, corpus.n_tasks, settings.n_repaired, (split,), seed)
    states = capture(model, corpus, rows, step=0, positions=CAPTURED)  # whatever the step
    values = Values()
    for start in range(0, len(rows), settings.batch_size):
        chosen = np.arange(start, min(start + settings.batch_size, len(rows)))
        ids, mask, spans = prompts_at(corpus, rows[chosen], model.device)
        cached = CachedPass(model, ids, mask)
        for position in settings.positions:
            masks = token_masks(position, spans, mask)
            if len(masks) == 1:
                ((captured, tokens),) = masks.items()
                for cell, right in _repair(
                    cached, states, centroids, position, captured, tokens, chosen, seed
                ):
                    values.setdefault(cell, np.full((1, len(rows)), np.nan))[0, chosen] = right
    return values, states.labels["instruction"]


def _repair(
    cached: CachedPass,
    states: HiddenStates,
    centroids: TaskCentroids,
    position: str,
    captured: str,
    tokens: torch.Tensor,
    chosen: Int[np.ndarray, " row"],
    seed: int,
) -> list[tuple[Cell, Float[np.ndarray, " row"]]]:
    found = []
    inputs = states.labels["input"]
    distances = centroids.of[captured].distances(states.at(captured), inputs)
    expected = torch.from_numpy(states.expected[chosen]).to(tokens.device)
    for index, site in enumerate(cached.sites):
        roles = _roles(centroids.of[captured].tasks, distances[index], states.labels["task"], seed)[chosen]
        is_wrong = roles[:, 0] != roles[:, 1]
        direction = centroids.directions(site, captured, len(distances[index]), seed)[chosen]
        moved = tokens & torch.from_numpy(is_wrong).to(tokens.device)[:, None]
        part = centroids.part(site, captured, moved, roles, inputs[chosen], direction, seed)
        own = cached.states[site]
        place = Place(own, own, own, (part,))
        for one in _EDITS:
            logits = cached.from_site(site, apply_edit(one, place, 1.0))[:, -1]
            right = (logits.argmax(-1) == expected).cpu().double().numpy()
            found.append(
                (Cell(site, position, one.name, one.control, 1.0), np.where(is_wrong, right, np.nan))
            )
    return found


def _roles(
    tasks: Int[np.ndarray, " task"],
    distances: Float[np.ndarray, "example task"],
    own: Int[np.ndarray, " example"],
    seed: int,
) -> Int[np.ndarray, "example 3"]:
    """Of each example the task it lies nearest to, its own, and one at random that is neither.

    Where its own task, or every third one, has no centroid without its input (an infinite distance), all are
    the nearest: there is nowhere to move it.
    """
    nearest = tasks[distances.argmin(1)]
    is_own, is_there = tasks == own[:, None], np.isfinite(distances)
    drawn = stream(seed, "third").random(distances.shape)
    drawn[(tasks == nearest[:, None]) | is_own | ~is_there] = -1.0
    can_move = (is_own & is_there).any(1) & (drawn.max(1) >= 0)
    roles = np.stack([nearest, own, tasks[drawn.argmax(1)]], axis=1)
    return np.where(can_move[:, None], roles, nearest[:, None])
