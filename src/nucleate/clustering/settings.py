"""What is analysed, scored against what, and how often it is drawn again.

Hidden here: which figures are cheap enough to be taken at every checkpoint, and how many clustering starts a
number of clusters is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pydantic

from nucleate.config import Settings

FEW_CLUSTERS, FEWEST_STARTS = 20, 3
"""Up to so many clusters get every start; more get fewer, in proportion, but no fewer than this."""

Metric = Literal["ari", "ami", "matched", "purity", "stability"]


class ScoringSettings(Settings):
    """What is clustered, against what it is scored, and how often it is drawn again."""

    positions: tuple[str, ...] = ("last_instruction", "input", "instruction_mean")
    factors: tuple[str, ...] = ("task", "dialect", "instruction", "input", "output", "task_input")
    splits: tuple[str, ...] = ("train", "validation")
    n_tasks: int = pydantic.Field(20, ge=2, description="tasks analysed, the same in every split")
    n_examples: int = pydantic.Field(1000, ge=2, description="examples analysed per split, at most")
    instances_per_instruction: int = pydantic.Field(
        1, ge=1, description="instances of one instruction, at most"
    )
    whole_instructions: float = pydantic.Field(
        0.2,
        ge=0,
        le=1,
        description="share of the examples that are all instances of a few instructions instead: "
        "the factor `instruction` is scored on them",
    )
    n_init: int = pydantic.Field(
        10, ge=1, description="clustering starts up to 20 clusters; with more clusters fewer, down to 3"
    )
    n_resamples: int = pydantic.Field(200, ge=1, description="bootstrap replicates behind an interval")
    n_permutations: int = pydantic.Field(100, ge=100, description="permutations behind `shuffled_labels`")
    metrics: tuple[Metric, ...] = pydantic.Field(("ari",), description="taken at every checkpoint")
    milestone_metrics: tuple[Metric, ...] = pydantic.Field(
        ("ami", "matched", "purity", "stability"), description="taken at the milestones only"
    )
    milestones: int = pydantic.Field(
        3, ge=0, description="checkpoints, spread from first to last, at which costly figures are taken too"
    )

    def starts(self, n_clusters: int) -> int:
        """How many starts a clustering into `n_clusters` gets."""
        fewer = max(FEWEST_STARTS, self.n_init * FEW_CLUSTERS // n_clusters)
        return min(self.n_init, fewer)


def milestone_steps(steps: Sequence[int], n: int) -> tuple[int, ...]:
    """`n` of the steps, or all where these are fewer: the last, the first, and evenly between them."""
    if n < 2 or len(steps) < 2:
        return tuple(steps[len(steps) - n :]) if n < len(steps) else tuple(steps)
    n = min(n, len(steps))
    return tuple(steps[round(index * (len(steps) - 1) / (n - 1))] for index in range(n))
