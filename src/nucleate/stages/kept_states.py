"""States handed to another process, or another machine: the vectors as files, the rest beside them.

This module hides that whoever looks at states needs neither the model nor the corpus. What is pickled is a
path and the labels, which are small; where vectors are kept for this machine alone, not even a library of
theirs is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.corpus.corpus import Corpus
from nucleate.lazy import Int, lazy

stored = lazy("nucleate.capture.stored")


class StatesElsewhere(Protocol):
    """States of one step that are read where they are looked at.

    Attributes:
        beside: everything but the vectors.
    """

    @property
    def beside(self) -> HiddenStates: ...

    def read(self) -> HiddenStates: ...


@dataclass(frozen=True)
class KeptStates:
    """States of one step that lie in a file for as long as they are looked at.

    Attributes:
        file: of the vectors.
        beside: everything else, with vectors of no dimension.
    """

    file: Path
    beside: HiddenStates

    def read(self) -> HiddenStates:
        """The states, their vectors read from the file as they are used."""
        return replace(self.beside, states=np.load(self.file, mmap_mode="r"))


def keep(states: HiddenStates, folder: Path) -> KeptStates:
    """Write the vectors of one step into `folder`, which is there."""
    file = folder / f"step-{states.step:08d}.npy"
    np.save(file, states.states)
    return KeptStates(file, replace(states, states=states.states[..., :0].copy()))


@dataclass(frozen=True)
class StoredStates:
    """States of one step that a capture has left in a folder, and that stay there.

    Attributes:
        folder: of the step.
        rows: of the corpus.
        positions: which of those that are stored.
        beside: everything else, with vectors of no dimension.
    """

    folder: Path
    rows: Int[np.ndarray, " example"]
    positions: tuple[str, ...]
    beside: HiddenStates

    def read(self) -> HiddenStates:
        """The states, from where they lie."""
        vectors = stored.read_vectors(self.folder, self.rows, self.positions)
        return replace(self.beside, states=vectors)


def left_where_they_are(
    folder: Path, corpus: Corpus, rows: Int[np.ndarray, " example"], positions: tuple[str, ...]
) -> StoredStates:
    """Everything but the vectors of one step, which are not read."""
    beside = stored.read_states(folder, corpus, rows, vectors=False).at_positions(positions)
    return StoredStates(folder.resolve(), rows, positions, beside)
