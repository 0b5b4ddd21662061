"""What is analyzed, scored against what, and how often it is drawn again.

This module hides which figures are cheap enough to be taken at every checkpoint, and how many clustering
starts a number of clusters is worth.
"""

from __future__ import annotations

from typing import Literal, get_args

import pydantic

from nucleate.settings.config import Settings

FEW_CLUSTERS, FEWEST_STARTS = 20, 2
"""Up to so many clusters get every start; more get fewer, in proportion, but no fewer than this."""

ACROSS = "dialect"
"""The factor across which pairs are asked, where nobody names another: corpora without it have none."""

Metric = Literal[
    "ari",
    "ari_across",
    "ami",
    "matched",
    "purity",
    "stability",
    "knn_purity",
    "silhouette",
    "separation",
    "collapse",
    "nearest_centroid",
    "probe",
]
CHEAP: tuple[Metric, ...] = ("ari", "ari_across")
COSTLY: tuple[Metric, ...] = tuple(name for name in get_args(Metric) if name not in CHEAP)
MethodName = Literal["kmeans", "kmeans_from_train", "kmeans_auto", "ward", "gaussian_mixture", "hdbscan"]
PreparationName = Literal["raw", "center", "standardise", "l2", "pca", "whiten"]


class ScoringSettings(Settings):
    """What is clustered, against what it is scored, and how often it is drawn again."""

    positions: tuple[str, ...] = pydantic.Field(
        ("last_instruction", "input", "instruction_mean"),
        min_length=1,
        description="tokens whose states are clustered",
    )
    factors: tuple[str, ...] = pydantic.Field(
        ("task", "dialect", "instruction", "input", "output", "task_input"),
        description="labels that clusters are compared with",
    )
    across: str = pydantic.Field(
        ACROSS, description="`ari_across` asks only pairs of examples that differ in this factor"
    )
    splits: tuple[str, ...] = pydantic.Field(
        ("train", "validation"), description="parts of the corpus whose states are clustered, each on its own"
    )
    n_tasks: int = pydantic.Field(20, ge=2, description="tasks analyzed, the same in every split")
    n_examples: int = pydantic.Field(1000, ge=2, description="examples analyzed per split, at most")
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
        5, ge=1, description="clustering starts up to 20 clusters; with more clusters fewer, down to 2"
    )
    settled: tuple[str, ...] = pydantic.Field(
        ("task",),
        description="factors that claims rest on: their clusters get `n_init_settled` starts that breathe",
    )
    n_init_settled: int = pydantic.Field(
        3,
        ge=1,
        description="clustering starts there, on the terminal and on the page; each breathes",
    )
    clustering_seed: int = pydantic.Field(
        0, ge=0, description="other starts of the same clusterings: verdicts should not depend on it"
    )
    n_resamples: int = pydantic.Field(
        200, ge=1, description="bootstrap replicates behind an interval; those of clusters come from halves"
    )
    n_permutations: int = pydantic.Field(100, ge=100, description="permutations behind `shuffled_labels`")
    preparations: tuple[PreparationName, ...] = pydantic.Field(
        ("raw",), min_length=1, description="what is done to states first, fitted on the training split"
    )
    pca_components: float = pydantic.Field(
        0.9, gt=0, description="components that `pca` keeps, or below 1 the share of variance"
    )
    methods: tuple[MethodName, ...] = pydantic.Field(
        ("kmeans",), min_length=1, description="ways to cluster, at every checkpoint"
    )
    metrics: tuple[Metric, ...] = pydantic.Field(CHEAP, description="figures of every checkpoint")
    milestones: int = pydantic.Field(
        2, ge=0, description="checkpoints, spread from first to last, at which costly figures are taken too"
    )
    milestone_methods: tuple[MethodName, ...] = pydantic.Field(
        ("kmeans_from_train",), description="further ways to cluster, at the milestones"
    )
    milestone_metrics: tuple[Metric, ...] = pydantic.Field(
        COSTLY, description="further figures of the milestones"
    )
    tsne: bool = pydantic.Field(
        False, description="score t-SNE pictures too; it costs several times as much as all the rest"
    )
    tsne_steps: int = pydantic.Field(
        3, ge=1, description="checkpoints whose t-SNE pictures are scored, spread from first to last"
    )
    tsne_positions: tuple[str, ...] = pydantic.Field(
        ("last_instruction",), description="tokens whose states t-SNE pictures are made of"
    )
    least_token_distance: int = pydantic.Field(
        3, ge=0, description="`knn_purity` leaves out neighbors whose instruction differs by fewer tokens"
    )

    @pydantic.field_validator("positions", "factors", "splits", "preparations", "methods", "metrics")
    @classmethod
    def _something_and_each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("names nothing")
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"names {twice[0]!r} twice")
        return names

    @pydantic.model_validator(mode="after")
    def _pictures_are_of_positions(self) -> ScoringSettings:
        missing = [name for name in self.tsne_positions if name not in self.positions]
        if self.tsne and missing:
            raise ValueError(f"tsne_positions has {missing[0]!r}, which positions has not")
        return self

    def methods_at(self, milestone: bool) -> tuple[MethodName, ...]:
        """The ways to cluster at a checkpoint, each once."""
        return tuple(dict.fromkeys((*self.methods, *(self.milestone_methods if milestone else ()))))

    def metrics_at(self, milestone: bool) -> tuple[Metric, ...]:
        """The figures to take at a checkpoint."""
        return (*self.metrics, *(self.milestone_metrics if milestone else ()))

    def starts(self, n_clusters: int, *, is_settled: bool = False) -> int:
        """How many starts a clustering into `n_clusters` gets; `is_settled`: as many as a factor's labels."""
        if is_settled:
            return self.n_init_settled
        return min(self.n_init, max(FEWEST_STARTS, self.n_init * FEW_CLUSTERS // n_clusters))
