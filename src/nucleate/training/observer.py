"""Who watches a training, and what one is told.

It lies apart from the loop, so that who only reads or shows a record loads neither torch nor transformers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class TrainingRecord:
    """One line of `training.jsonl`.

    Attributes:
        step: optimizer steps taken.
        loss: mean over the step's predicted tokens, in nats, as of the unpacked instances.
        learning_rate: of this step.
        seconds: spent in training until now.
        tokens: predicted tokens until now, counted as of the unpacked instances.
        accuracy: per split, at evaluations only: the share of outputs predicted right.
    """

    step: int
    loss: float | None
    learning_rate: float
    seconds: float
    tokens: int
    accuracy: dict[str, float] | None = None


@runtime_checkable
class TrainingObserver(Protocol):
    """Who wants to watch. Nothing that it does may change the training."""

    def on_record(self, record: TrainingRecord) -> None: ...

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None: ...

    def on_note(self, text: str) -> None:
        """What the user is to know, in a line: that a run is gone on with, or what was found damaged."""
