"""On how many unseen instances membership is held against answers, and where."""

from __future__ import annotations

from pydantic import Field

from nucleate.settings.config import Settings


class UnseenSettings(Settings):
    """On how many instances, and where."""

    positions: tuple[str, ...] = Field(
        ("last_instruction", "input", "instruction_mean"),
        min_length=1,
        description="positions whose states are looked at",
    )
    n_examples: int = Field(300, ge=2, description="unseen instances per split, at most")
    n_centroid_examples: int = Field(1000, ge=2, description="train instances behind the centroids")
    n_resamples: int = Field(200, ge=1, description="bootstrap replicates behind an interval")
    draw_seed: int = Field(0, ge=0, description="other draws of instances; 0: the run's own")
    n_shuffles: int = Field(20, ge=1, description="shufflings behind the shuffled centroids")
