"""What every stage is given, and how each says that it is done already, begins and ends.

This module hides when a stage is skipped. One that was finished from the same inputs is proved whole and
left alone; from other inputs it is made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nucleate.errors import RunFolderError
from nucleate.processes import THIS_MACHINE, Workplace
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.manifest import digest_of
from nucleate.scores import RunTag
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings, MeasurementSettings, read_settings
from nucleate.stages.observer import Observer

if TYPE_CHECKING:
    from nucleate.corpus.corpus import Corpus
    from nucleate.stages.subjects import Subject

_MADE_FROM = ("corpus", "training", "capture")
"""Stages that cost hours, or that others depend on: whether they are made again is for the user to say."""
AnySettings_co = TypeVar("AnySettings_co", bound=MeasurementSettings, covariant=True)


@dataclass(frozen=True)
class FolderContext(Generic[AnySettings_co]):
    """A run's folder at work: for stages that need no corpus and no model."""

    settings: AnySettings_co
    folder: RunFolder
    observer: Observer
    workplace: Workplace = field(default=THIS_MACHINE, kw_only=True)

    @contextmanager
    def stage(self, name: str, *inputs: Any, needs: str = "", again: bool = False) -> Iterator[bool]:
        """Yields whether the stage is to be made: False where it was finished from these very inputs.

        Args:
            name: of the stage.
            inputs: what it is made from, as values that JSON can hold.
            needs: the stage whose files it reads: they are proved whole before anything is begun.
            again: make it whatever was made before.
        """
        digest = digest_of(*inputs)
        if not again and self._is_done(name, digest):
            self.observer.on_stage(name, "is done already")
            yield False
            return
        if needs:
            self.folder.require(needs)
        self.observer.on_stage(name, "begins")
        with self.folder.stage(name, digest):
            yield True
        self.observer.on_stage(name, "ends")

    def _is_done(self, name: str, digest: str) -> bool:
        """What was measured and shown is made again where it was damaged; what it is made from is not."""
        try:
            return self.folder.is_done(name, digest)
        except RunFolderError as error:
            if name in _MADE_FROM:
                raise
            self.observer.on_note(f"{error.what}: {name} is made again")
            return False

    def measuring(self, corpus: Corpus, subject: Subject) -> StageContext[AnySettings_co]:
        """The same folder, with what is measured in it."""
        return StageContext(
            self.settings, self.folder, self.observer, corpus, subject, workplace=self.workplace
        )


@dataclass(frozen=True)
class StageContext(FolderContext[AnySettings_co]):
    """A run's folder at work, with the corpus and the model over steps that are measured."""

    corpus: Corpus
    subject: Subject

    @property
    def tag(self) -> RunTag:
        return RunTag(self.folder.name, self.subject.name, self.settings.seed)


def counted(steps: list[int], observer: Observer) -> Iterator[int]:
    """Each step, the observer told how far it is."""
    for done, step in enumerate(steps):
        observer.on_progress(done, len(steps))
        yield step
    observer.on_progress(len(steps), len(steps))


def settings_of(folder: RunFolder, overrides: Iterable[str] = ()) -> ExperimentSettings | AnalysisSettings:
    """The settings that a folder was made with, changed by `overrides`."""
    folder.read_config()
    return read_settings(folder.config_toml, overrides)
