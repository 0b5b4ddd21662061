"""States handed to another process: the vectors as a file that is mapped into memory, the rest beside it.

Hidden here: that whoever looks at states needs neither the model, nor the corpus, nor the libraries of
either. What is pickled is a path and the labels, which are small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nucleate.capture.hidden_states import HiddenStates


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
