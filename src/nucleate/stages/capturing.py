"""The stage that captures what somebody else trained: fetch, capture and drop, checkpoint by checkpoint.

This module hides that a checkpoint may be captured on another machine. Whoever captures writes beside the
folder's own files; this process alone takes them in, so that the folder says what is done whatever dies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from nucleate.capture.self_test import settle_capture
from nucleate.capture.stored import store_states
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.saved import load_corpus
from nucleate.errors import ModelError
from nucleate.lazy import Int
from nucleate.models.loading import notes_on
from nucleate.models.series.series import Series
from nucleate.models.series.trainer_log import read_trainer_log, write_lines
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import AnalysisSettings
from nucleate.stages.context import FolderContext
from nucleate.stages.measuring import wanted_positions, wanted_rows
from nucleate.stages.observer import Observer, Silent
from nucleate.stages.planning.disk_use import require_room, size_of, use_of_capture


def capture_series(context: FolderContext[AnalysisSettings], corpus: Corpus, series: Series) -> None:
    """Capture every checkpoint of a series; those that were captured before are kept."""
    settings, folder = context.settings, context.folder
    rows = wanted_rows(settings, corpus)
    positions = wanted_positions(settings)
    weights = sorted((row.step, row.digest) for row in series.table)
    about = (settings.model.digest(), positions, hashlib.sha256(rows.tobytes()).hexdigest(), weights)
    made_from = (settings.seed, folder.outputs_digest("corpus"), *about, *series.content)
    with context.stage("capture", *made_from) as is_due:
        if is_due:
            _keep_trainer_log(folder, series)
            _capture_all(context, _Capture(series, settings, folder.path, corpus, rows, positions))


def _capture_all(context: FolderContext[AnalysisSettings], capture: _Capture) -> None:
    folder, observer, steps = context.folder, context.observer, list(capture.series.members)
    left = [step for step in reversed(steps) if not folder.has_recorded(folder.states(step))]
    if 0 < len(left) < len(steps):
        observer.on_note(f"Continuing at checkpoint {len(steps) - len(left) + 1} of {len(steps)}")
    with folder.scratch("capturing") as scratch:
        work: Callable[..., Sequence[str]] = partial(capture.into, observer)
        if context.workplace.is_cluster:
            work = capture.for_elsewhere().told
        made = {step: scratch.resolve() / f"step-{step:08d}" for step in left}
        pieces = [partial(work, step, made[step], is_first=step == left[0]) for step in left]
        observer.on_progress(0, len(left))
        for n_before, (index, notes) in enumerate(context.workplace.one_by_one(pieces)):
            for note in notes:
                observer.on_note(note)
            with folder.commit(folder.states(left[index])) as path:
                made[left[index]].replace(path)
            observer.on_progress(n_before + 1, len(left))


@dataclass(frozen=True)
class _Capture:
    """What all checkpoints of a series are captured with.

    Attributes:
        series: which has the models.
        settings: of the analysis.
        folder: of the analysis.
        corpus: the prompts; None where they are to be read from the folder, on another machine.
        rows: of the corpus.
        positions: which are kept.
    """

    series: Series
    settings: AnalysisSettings
    folder: Path
    corpus: Corpus | None
    rows: Int[np.ndarray, " example"]
    positions: tuple[str, ...]

    def into(self, observer: Observer, step: int, path: Path, *, is_first: bool) -> Sequence[str]:
        """Capture one checkpoint into `path`, if there is room; `observer` hears what is to be said of it.

        Raises:
            ModelError: the model cannot be captured; of several checkpoints with the name of this one.
        """
        try:
            return self._captured(observer, step, path, is_first=is_first)
        except ModelError as error:
            if len(self.series.table) == 1:
                raise
            raise ModelError(f"{self.series.members[step]}: {error.what}", error.mend) from error

    def _captured(self, observer: Observer, step: int, path: Path, *, is_first: bool) -> Sequence[str]:
        folder = RunFolder(self.folder)
        corpus = self.corpus or load_corpus(folder.corpus)
        with self.series.model(step, self.settings.seed) as model:
            made, n_steps = size_of(folder.corpus), len(self.series.members)
            use = use_of_capture(self.settings, corpus, model, len(self.rows), self.positions, n_steps, made)
            require_room(folder, use, observer if is_first else Silent())
            settled = settle_capture(model, corpus, self.rows, self.settings.capture)
            for note in (*notes_on(model), *filter(None, [settled.note])):
                observer.on_note(note)
            store_states(
                model,
                corpus,
                self.rows,
                path,
                step=step,
                positions=self.positions,
                settings=settled.settings,
            )
        return ()

    def for_elsewhere(self) -> _Capture:
        """The same on a machine that has files alone."""
        return replace(self, series=self.series.for_elsewhere(), folder=self.folder.resolve(), corpus=None)

    def told(self, step: int, path: Path, *, is_first: bool) -> Sequence[str]:
        """The same where nobody watches: what is to be said is returned."""
        notes = _Notes()
        self.into(notes, step, path, is_first=is_first)
        return notes.taken


class _Notes(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def on_note(self, text: str) -> None:
        self.taken.append(text)


def _keep_trainer_log(folder: RunFolder, series: Series) -> None:
    log = read_trainer_log(series.places.values())
    if log:
        with folder.commit(folder.training_log) as path:
            write_lines(log, path)
