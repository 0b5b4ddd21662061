"""Who watches a run.

Every stage speaks to one `Observer`, which is also the trainer's. This module hides how little one must
answer to, so that a console, a test and silence watch the same run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from nucleate.training.observer import TrainingObserver, TrainingRecord

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Observer(TrainingObserver, Protocol):
    """Who watches a run: training as it goes, and the stages."""

    def on_stage(self, name: str, what: str) -> None:
        """`what` is `begins`, `ends`, or `is done already`."""

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None:
        """Quick agreement with task per site, on a small sample: for the eye, not for the table."""

    def on_progress(self, done: int, total: int) -> None:
        """Within a stage that counts what it does."""


class Silent:
    """An observer that says nothing."""

    def on_stage(self, name: str, what: str) -> None: ...

    def on_record(self, record: TrainingRecord) -> None: ...

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None: ...

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None: ...

    def on_progress(self, done: int, total: int) -> None: ...

    def on_note(self, text: str) -> None: ...
