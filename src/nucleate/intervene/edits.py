"""What is done to the states of some tokens: the interventions and their controls.

An edit sees the states at one site, and per part of a position what it needs of the centroids there; it
gives back states of the same shape. Every intervention is a line of `EDITS`, so all are run alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch

from nucleate.lazy import Bool, Float, Int


@dataclass(frozen=True)
class Part:
    """Tokens that share centroids, and those centroids.

    Attributes:
        mask: which tokens are edited.
        means: the centroid of every task, for each row without the input that it has.
        basis: an orthonormal basis of the plane they span, filled up with zeros.
        random_basis: as many random orthonormal directions.
        tasks: for each row, which centroids are those of A, B, C and D, or as many as an edit asks for.
        direction: a random direction of length 1 for each row.
    """

    mask: Bool[torch.Tensor, "row token"]
    means: Float[torch.Tensor, "row task n_embd"]
    basis: Float[torch.Tensor, "row n_embd rank"]
    random_basis: Float[torch.Tensor, "row n_embd rank"]
    tasks: Int[torch.Tensor, "row role"]
    direction: Float[torch.Tensor, "row n_embd"]

    def step(self, start: int, end: int) -> Float[torch.Tensor, "row 1 n_embd"]:
        """From one of A, B, C, D (0 to 3) to another, for every row."""
        return (self.mean_of(end) - self.mean_of(start))[:, None]

    def mean_of(self, role: int) -> Float[torch.Tensor, "row n_embd"]:
        """The centroid of one of A, B, C, D (0 to 3), for every row."""
        return self.means[torch.arange(len(self.tasks), device=self.tasks.device), self.tasks[:, role]]


@dataclass(frozen=True)
class Place:
    """States at one site, and the parts of them that an edit changes.

    Attributes:
        states: of the instances of A.
        donors: of their instances of B.
        twins: of other instances of A.
        parts: disjoint.
    """

    states: Float[torch.Tensor, "row token n_embd"]
    donors: Float[torch.Tensor, "row token n_embd"]
    twins: Float[torch.Tensor, "row token n_embd"]
    parts: tuple[Part, ...]


Edit: TypeAlias = Callable[[Place, Part, float], torch.Tensor]


@dataclass(frozen=True)
class Intervention:
    """An edit by name; `control` is `none`, or what the edit is a control for `name` by."""

    name: str
    control: str
    edit: Edit
    has_dose: bool = False


def apply_edit(intervention: Intervention, place: Place, strength: float) -> torch.Tensor:
    """The states with the edit made at the tokens of every part, and at no other."""
    states = place.states
    for part in place.parts:
        states = torch.where(part.mask[..., None], intervention.edit(place, part, strength), states)
    return states


def _shift(place: Place, part: Part, strength: float) -> torch.Tensor:
    return place.states + strength * part.step(0, 1)


def _shift_at_random(place: Place, part: Part, strength: float) -> torch.Tensor:
    length = part.step(0, 1).norm(dim=-1, keepdim=True)
    return place.states + strength * length * part.direction[:, None]


def _shift_between_others(place: Place, part: Part, strength: float) -> torch.Tensor:
    """Along D - C, as far as from A to B."""
    elsewhere = part.step(2, 3)
    length = part.step(0, 1).norm(dim=-1, keepdim=True)
    return place.states + strength * length * elsewhere / elsewhere.norm(dim=-1, keepdim=True).clamp_min(
        1e-12
    )


def _replace(place: Place, part: Part, strength: float) -> torch.Tensor:
    """Within the plane of the centroids the state becomes B's centroid; what lies outside is kept."""
    return _within_plane(place, part, strength, 1)


def _replace_by_another(place: Place, part: Part, strength: float) -> torch.Tensor:
    """As `_replace`, with C's centroid."""
    return _within_plane(place, part, strength, 2)


def _within_plane(place: Place, part: Part, strength: float, role: int) -> torch.Tensor:
    away = part.mean_of(role)[:, None] - place.states
    return place.states + strength * (away @ part.basis @ part.basis.mT)


def _interchange(place: Place, _part: Part, _strength: float) -> torch.Tensor:
    return place.donors


def _swap_within_task(place: Place, _part: Part, _strength: float) -> torch.Tensor:
    return place.twins


def _project_out(place: Place, part: Part, strength: float) -> torch.Tensor:
    return _without(place, part, strength, part.basis)


def _project_out_at_random(place: Place, part: Part, strength: float) -> torch.Tensor:
    return _without(place, part, strength, part.random_basis)


def _without(place: Place, part: Part, strength: float, basis: torch.Tensor) -> torch.Tensor:
    away = place.states - part.means.mean(1, keepdim=True)
    return place.states - strength * (away @ basis @ basis.mT)


def _keep(place: Place, _part: Part, _strength: float) -> torch.Tensor:
    return place.states


IDENTITY = Intervention("identity", "identity", _keep)
INTERCHANGE = Intervention("interchange", "none", _interchange)
WITHIN_TASK = Intervention("interchange", "within_task", _swap_within_task)
EDITS: Sequence[Intervention] = (
    IDENTITY,
    Intervention("shift", "none", _shift, has_dose=True),
    Intervention("shift", "random_direction", _shift_at_random, has_dose=True),
    Intervention("shift", "other_tasks", _shift_between_others, has_dose=True),
    Intervention("replace", "none", _replace),
    Intervention("replace", "other_task", _replace_by_another),
    INTERCHANGE,
    WITHIN_TASK,
    Intervention("project_out", "none", _project_out),
    Intervention("project_out", "random_subspace", _project_out_at_random),
)
SWAPS: Sequence[Intervention] = (IDENTITY, INTERCHANGE, WITHIN_TASK)
"""What is done where it is only asked what one token adds to others."""
