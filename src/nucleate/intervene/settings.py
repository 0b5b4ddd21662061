"""Where states are moved, how far, and on how many instances."""

from __future__ import annotations

from pydantic import Field, model_validator

from nucleate.settings.config import Settings

POSITIONS = ("last_instruction", "input", "all_instruction", "all_prompt")
"""One token, one token, all tokens of the instruction, all tokens up to the input."""


class InterveneSettings(Settings):
    """Where states are moved, how far, and on how many instances."""

    in_run: bool = Field(
        True, description="whether `nucleate run` does it too; otherwise `nucleate intervene` alone"
    )
    positions: tuple[str, ...] = Field(POSITIONS, min_length=1, description="tokens whose states are moved")
    strengths: tuple[float, ...] = Field(
        (0.5, 1.0, 2.0, 4.0), description="how far a shift goes; 1.0 is from centroid to centroid"
    )
    n_steps: int = Field(1, ge=1, description="checkpoints, from the first to the last; 1: the last")
    split: str = Field("validation", description="the split whose instances are changed")
    n_pairs: int = Field(200, ge=1, description="instances of A, each with one of B, at most")
    n_repaired: int = Field(200, ge=1, description="unseen instances that repair looks at, at most")
    n_centroid_examples: int = Field(2000, ge=2, description="train instances behind the centroids")
    n_resamples: int = Field(200, ge=1, description="bootstrap replicates behind an interval")
    draw_seed: int = Field(0, ge=0, description="other draws of instances and directions; 0: the run's own")
    batch_size: int = Field(
        32, ge=1, description="instances at a time, of like length; each with all its edits at once"
    )

    @model_validator(mode="after")
    def _strength_one_is_there(self) -> InterveneSettings:
        if 1.0 not in self.strengths:
            raise ValueError("intervene.strengths lacks 1.0, at which interventions are compared")
        return self
