"""What was tried of a promise, and what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass
class Outcome:
    """What was tried of a promise, and what went wrong.

    Attributes:
        tried: how many trials of each kind.
        wrong: a line for each trial in which something was not as promised.
        aloud: every how many trials it is said how far it is, so that one that is broken off has counts too.
    """

    aloud: ClassVar[int] = 0

    tried: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def count(self, kind: str, what: str, wrong: Sequence[str]) -> None:
        """Add one trial."""
        self.tried[kind] = self.tried.get(kind, 0) + 1
        lines = [f"{what}: {line}" for line in wrong]
        self.wrong += lines
        if self.aloud and (lines or sum(self.tried.values()) % self.aloud == 0):
            print(f"{self.tried}, {len(self.wrong)} wrong", *lines, sep="\n  ", file=sys.stderr, flush=True)
