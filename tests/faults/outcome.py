"""What was tried of a promise, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What was tried of a promise, and what went wrong.

    Attributes:
        tried: how many trials of each kind.
        wrong: a line for each trial in which something was not as promised.
    """

    tried: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def count(self, kind: str, what: str, wrong: Sequence[str]) -> None:
        """Add one trial."""
        self.tried[kind] = self.tried.get(kind, 0) + 1
        self.wrong += [f"{what}: {line}" for line in wrong]
