"""Which checkpoints of a series have the same weights, or the same files among them.

This is a comparison of digests and nothing else; but published series have had wrong and repeated
weights, and single files copied from another step. A figure over training says nothing where two of its
steps are one model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from nucleate.models.series.step_names import MAIN, read_steps


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
        shared: of weights that are not those of another one as a whole, the files that are, each with the
            first revision that has it.
    """

    revision: str
    step: int
    size: int
    digest: str
    same_as: str
    shared: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Audit:
    """Every checkpoint, by step.

    Attributes:
        rows: a line for each.
        note: what is to be said aloud about their steps, else empty.
    """

    rows: tuple[Audited, ...]
    note: str = ""


def audit(weights: Mapping[str, Weights], main: Weights | None = None, pattern: str = "") -> Audit:
    """Every checkpoint with the other one that it equals, as a whole or in some of its files.

    Args:
        weights: by revision, in the order in which they were named.
        main: of the revision `main`, where there is one.
        pattern: of the step in a name, where it is none of the known forms.
    """
    seen = {main.digest: MAIN} if main else {}
    owners = dict.fromkeys(main.digests.values(), MAIN) if main else {}
    same_as, shared = {}, {}
    for name, one in weights.items():
        first = seen.setdefault(one.digest, name)
        same_as[name] = "" if first == name else first
        own = {file: owners.setdefault(digest, name) for file, digest in one.digests.items()}
        shared[name] = {} if same_as[name] else {file: of for file, of in own.items() if of != name}
    steps = read_steps(list(weights), [name for name, of in same_as.items() if of == MAIN], pattern)
    rows = [
        Audited(
            name, steps.of[name], one.size, one.digest, same_as[name], {} if name == MAIN else shared[name]
        )
        for name, one in weights.items()
    ]
    return Audit(tuple(sorted(rows, key=lambda row: row.step)), steps.note)
