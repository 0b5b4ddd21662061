"""What a figure must be compared with before it says anything.

Hidden here: how each control comes to stand beside its figure, in a row with the same keys and `control`
filled in. `untrained` is the same figure before training. `bag_of_tokens` clusters the instructions' token
counts: what the surface of the text gives away without a model. `shuffled_labels` is what labels score that
know nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from nucleate.clustering.agreement import adjusted_rand_permuted, purities
from nucleate.clustering.methods import by_kmeans
from nucleate.clustering.partitions import Figure, partition_figures
from nucleate.clustering.resampling import NULL_LEVELS, Resamples
from nucleate.clustering.samples import samples_at
from nucleate.clustering.seeds import seed_of
from nucleate.clustering.settings import ScoringSettings
from nucleate.hidden_states import HiddenStates
from nucleate.scores import Score, Scores

NULLS = {"ari": adjusted_rand_permuted, "purity": purities}


def shuffled_figures(
    permuted: Int[np.ndarray, "permutation example"],
    clusters: Int[np.ndarray, " example"],
    metrics: tuple[str, ...],
) -> Iterator[Figure]:
    """Mean and levels of the figures that permuted labels reach with clusters as they are."""
    for metric, measure in NULLS.items():
        if metric in metrics:
            values = measure(permuted, clusters)
            low, high = np.percentile(values, NULL_LEVELS)
            yield Figure(metric, float(values.mean()), float(low), float(high))


def untrained_control(scores: Scores) -> Scores:
    """The rows of step 0 again, as the control of every later step.

    Returns: for each row of a later step whose figure was also taken at step 0 of the same run, that
        figure with the later step and `control="untrained"`; for joining to `scores`.
    """
    figures = list(scores.where(control="none"))
    untrained = {_what(row): row for row in figures if row["step"] == 0}
    return Scores.from_rows(
        Score(**(untrained[_what(row)] | {"step": row["step"], "control": "untrained"}))
        for row in figures
        if row["step"] > 0 and _what(row) in untrained
    )


def bag_of_tokens_control(
    scores: Scores, states: HiddenStates, settings: ScoringSettings, *, seed: int
) -> Scores:
    """The figures of k-means on the instructions' token counts, beside every site and step.

    Args:
        scores: rows of the same examples, at any number of steps.
        states: of any one step; their vectors are not looked at.
        settings: what was scored.
        seed: the run's.

    Returns: for each k-means row on raw states that token counts have a figure for, that figure with
        `control="bag_of_tokens"`; nothing where the states came without counts.
    """
    if states.instruction_counts is None:
        return Scores.from_rows([])
    figures = {
        (split, position, factor, figure.metric): figure
        for split in np.unique(states.split)
        for position in settings.positions
        for factor, figure in _bag_figures(states.of_split(split), position, settings, seed)
    }
    rows = scores.where(control="none", method="kmeans", preparation="raw")
    return Scores.from_rows(
        Score(**(row | {"control": "bag_of_tokens"} | _columns(figures[_at(row)])))
        for row in rows
        if _at(row) in figures
    )


def _bag_figures(
    states: HiddenStates, position: str, settings: ScoringSettings, seed: int
) -> Iterator[tuple[str, Figure]]:
    split = str(states.split[0])
    metrics = settings.metrics_at(milestone=True)
    for sample in samples_at(states, position, settings.factors):
        assert sample.token_counts is not None
        counts = sample.token_counts.astype(np.float32)
        resamples = Resamples.draw(sample.units, settings.n_resamples, seed_of(seed, split, sample.name))
        for factor, labels in sample.labels.items():
            n_clusters = len(np.unique(labels))
            own_seed = seed_of(seed, split, "bag_of_tokens", n_clusters)
            found = by_kmeans(counts[None], n_clusters, n_init=settings.starts(n_clusters), seed=own_seed)
            figures = partition_figures(
                labels, found.labels[0], found.inertia[0], resamples, metrics, own_seed
            )
            yield from ((factor, figure) for figure in figures)


def _columns(figure: Figure) -> dict[str, float | None]:
    return {"value": figure.value, "ci_low": figure.ci_low, "ci_high": figure.ci_high}


def _at(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["split"], row["position"], row["factor"], row["metric"]


def _what(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a row is a figure of, whatever the step."""
    of_the_step = {"step", "control", "n_clusters", "n_examples", "value", "ci_low", "ci_high"}
    return tuple(value for column, value in row.items() if column not in of_the_step)
