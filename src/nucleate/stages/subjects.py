"""Subjects: the checkpoints that are looked at, whoever trained them.

This module hides where states come from. A model that was trained in this folder is loaded and captured
when it is asked for; of one that somebody else trained, the states lie on disk and the model is fetched
only where it is moved itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from transformers import PreTrainedModel

from nucleate.capture.hidden_states import HiddenStates
from nucleate.capture.record import capture
from nucleate.capture.stored import read_states
from nucleate.corpus.corpus import Corpus
from nucleate.errors import InterventionError
from nucleate.lazy import Int
from nucleate.models.loading import load_model, pick_device
from nucleate.models.series.series import Series
from nucleate.run_folder.folder import RunFolder


class Subject(Protocol):
    """A model over steps.

    Attributes:
        name: of the model, as it stands in tables.
        stage: the stage of the run's folder that all that is measured of it depends on.
        steps: ascending.
    """

    @property
    def name(self) -> str: ...

    @property
    def stage(self) -> str: ...

    @property
    def steps(self) -> list[int]: ...

    def states(
        self, step: int, corpus: Corpus, rows: Int[np.ndarray, " example"], positions: tuple[str, ...]
    ) -> HiddenStates: ...

    def model(self, step: int) -> AbstractContextManager[PreTrainedModel]: ...


@dataclass(frozen=True)
class Trained:
    """What was trained in this folder."""

    folder: RunFolder
    name: str
    device: str
    stage: str = "training"

    @property
    def steps(self) -> list[int]:
        return self.folder.checkpoint_steps()

    def states(
        self, step: int, corpus: Corpus, rows: Int[np.ndarray, " example"], positions: tuple[str, ...]
    ) -> HiddenStates:
        with self.model(step) as model:
            return capture(model, corpus, rows, step=step, positions=positions)

    @contextmanager
    def model(self, step: int) -> Iterator[PreTrainedModel]:
        yield load_model(self.folder.checkpoint(step)).to(pick_device(self.device))


@dataclass(frozen=True)
class Given:
    """What somebody else trained, its states captured before."""

    folder: RunFolder
    series: Series
    seed: int
    stage: str = "capture"

    @property
    def name(self) -> str:
        return self.series.name

    @property
    def steps(self) -> list[int]:
        return list(self.series.members)

    def states(
        self, step: int, corpus: Corpus, rows: Int[np.ndarray, " example"], positions: tuple[str, ...]
    ) -> HiddenStates:
        return read_states(self.folder.states(step), corpus, rows).at_positions(positions)

    def model(self, step: int) -> AbstractContextManager[PreTrainedModel]:
        return self.series.model(step, self.seed)


@dataclass(frozen=True)
class Kept:
    """A model that is nowhere to be loaded from: its states are kept, it is not."""

    folder: RunFolder
    name: str
    steps: list[int]
    stage: str = "capture"

    def states(
        self, step: int, corpus: Corpus, rows: Int[np.ndarray, " example"], positions: tuple[str, ...]
    ) -> HiddenStates:
        return read_states(self.folder.states(step), corpus, rows).at_positions(positions)

    def model(self, step: int) -> AbstractContextManager[PreTrainedModel]:
        raise InterventionError(
            f"the model of step {step} is not kept in {self.folder.path}",
            "Save it, and analyze the folder that it is saved in.",
        )
