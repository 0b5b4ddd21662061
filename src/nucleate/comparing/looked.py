"""A finished folder whose states and models are asked for again.

This module hides whether they are loaded and captured now, as of a training that lies in the folder, or
were kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedModel

from nucleate.capture.hidden_states import HiddenStates
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.saved import load_corpus
from nucleate.errors import RunFolderError
from nucleate.experiment import refuse_arrays, subject_of
from nucleate.lazy import Int
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings
from nucleate.stages.context import FolderContext, settings_of
from nucleate.stages.measuring import scored_rows
from nucleate.stages.observer import Silent
from nucleate.stages.subjects import Subject


@dataclass(frozen=True)
class Looked:
    """A finished folder whose states and models are asked for.

    Attributes:
        folder: of the run or analysis.
        settings: that it was made with.
        corpus: what its examples are.
        subject: where states and models come from.
    """

    folder: RunFolder
    settings: ExperimentSettings | AnalysisSettings
    corpus: Corpus
    subject: Subject

    def steps(self, asked: Sequence[int] | None) -> list[int]:
        """Those that are asked for, the last where none is.

        Raises:
            RunFolderError: one of them is not there.
        """
        there = self.subject.steps
        wrong = [step for step in asked or () if step not in there]
        if wrong:
            raise RunFolderError(
                f"{self.folder.path} has no checkpoint of step {wrong[0]}",
                f"There are: {', '.join(map(str, there))}.",
            )
        return there[-1:] if asked is None else list(asked)

    def labels(self) -> Int[np.ndarray, " row"]:
        """Those that its claims are about, of every row of its corpus."""
        return self.corpus.labels()[self.settings.claims.factor]

    def states(
        self, step: int, rows: Int[np.ndarray, " example"] | None, positions: Sequence[str] | None
    ) -> HiddenStates:
        """Of some rows, those that are scored where none are named; at some positions or all that are scored.

        Raises:
            LabelsError: no such position.
        """
        wanted = scored_rows(self.settings, self.corpus) if rows is None else rows
        chosen = tuple(self.settings.scoring.positions if positions is None else positions)
        return self.subject.states(step, self.corpus, wanted, chosen)

    def model(self, step: int) -> PreTrainedModel:
        """Raises InterventionError where it was not kept."""
        with self.subject.model(step) as model:
            return model


def look_into(folder: RunFolder) -> Looked:
    """A folder whose states and models are there.

    Raises:
        RunFolderError: they are not.
    """
    settings = settings_of(folder)
    refuse_arrays(folder, settings)
    folder.require("corpus")
    corpus = load_corpus(folder.corpus)
    return Looked(folder, settings, corpus, subject_of(FolderContext(settings, folder, Silent()), corpus))
