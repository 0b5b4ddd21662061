"""What a worker is given and what it says: values that JSON can hold, so that they go through any pipe.

This module hides that points which share a training are one task. Nothing here loads torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from nucleate.sweep.grid import Point


@dataclass(frozen=True)
class Task:
    """What a worker is given: all points of one training, in values that JSON can hold.

    Attributes:
        root: of the sweep's folder.
        keep: what of each run is kept.
        threads: of each point.
        training: what its points share.
        points: names with their settings.
    """

    root: str
    keep: tuple[str, ...]
    threads: int
    training: str
    points: tuple[tuple[str, dict[str, Any]], ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        points = tuple((name, settings) for name, settings in values["points"])
        return cls(**{**values, "keep": tuple(values["keep"]), "points": points})


@dataclass(frozen=True)
class Outcome:
    """What became of a point.

    Attributes:
        point: its name.
        status: `begins` is said before the end is known.
        seconds: that it took.
        error: one line, where it failed.
    """

    point: str
    status: Literal["begins", "done", "failed"]
    seconds: float = 0.0
    error: str = ""


def tasks_of(points: Sequence[Point], root: str, keep: tuple[str, ...], threads: int) -> list[Task]:
    """One task for every training, its points in their order."""
    together: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for point in points:
        together.setdefault(point.training, []).append((point.name, point.settings.model_dump(mode="json")))
    return [Task(root, keep, threads, training, tuple(own)) for training, own in together.items()]
