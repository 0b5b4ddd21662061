"""Which checkpoints of a series have the same weights.

Hidden here: nothing but a comparison of digests; but published series have had wrong and repeated weights,
and a figure over training says nothing where two of its steps are one model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAIN = "main"


@dataclass(frozen=True)
class Weights:
    """The files that hold a checkpoint's weights.

    Attributes:
        digests: file -> digest of its content.
        size: of all of them, in bytes.
    """

    digests: Mapping[str, str]
    size: int

    @property
    def digest(self) -> str:
        """One for all files, whatever their names."""
        return hashlib.sha256("\n".join(sorted(self.digests.values())).encode()).hexdigest()


@dataclass(frozen=True)
class Audited:
    """A line of the table.

    Attributes:
        same_as: the revision whose weights these are: `main`, or one that was named before; else empty.
    """

    revision: str
    step: int
    size: int
    digest: str
    same_as: str


def audit(weights: Mapping[str, Weights], main: Weights | None = None) -> list[Audited]:
    """Every checkpoint, by step, with the other one that it equals.

    Args:
        weights: by revision, in the order in which they were named.
        main: of the revision `main`, where there is one.
    """
    seen = {main.digest: MAIN} if main else {}
    same_as = {}
    for name, one in weights.items():
        first = seen.setdefault(one.digest, name)
        same_as[name] = "" if first == name else first
    steps = steps_of(list(weights), [name for name, other in same_as.items() if other == MAIN])
    rows = [Audited(name, steps[name], one.size, one.digest, same_as[name]) for name, one in weights.items()]
    return sorted(rows, key=lambda row: row.step)


def steps_of(names: Sequence[str], same_as_main: Sequence[str] = ()) -> dict[str, int]:
    """The step that every name tells of; names that tell none come after all others.

    Where two names tell the same step, all are numbered from 1 in their order instead. `main` has the step of
    the last checkpoint where that is the one that it equals.
    """
    told = {name: int(found[1]) for name in names if (found := _STEP.search(name))}
    if len(set(told.values())) < len(told):
        return {name: number for number, name in enumerate(names, 1)}
    last = max(told.values(), default=0)
    if MAIN in names and any(told.get(name) == last for name in same_as_main):
        told[MAIN] = last
    rest = [name for name in names if name not in told]
    return told | {name: last + number for number, name in enumerate(rest, 1)}


_STEP = re.compile(r"(?:step|checkpoint)[-_]?(\d+)")
