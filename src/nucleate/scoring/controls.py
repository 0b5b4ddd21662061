"""What a figure must be compared with before it says anything.

This module hides how each control comes to stand beside its figure, in a row with the same keys and
`control` filled in. `untrained` is the same figure before training. `dialect_oracle` is what clusters reach
that know every dialect and nothing of what joins them. What the text gives away without a model,
`surfaces.py` knows; `shuffled_labels`, what labels score that know nothing, is taken where the figure is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.lazy import Int
from nucleate.metrics.agreement.rand_index import adjusted_rand_of_each
from nucleate.resampling.bootstrap import number_from_zero
from nucleate.resampling.named_seeds import stream
from nucleate.scores import Score, Scores
from nucleate.scoring.examples import Sample, samples_at
from nucleate.scoring.rows.cluster_figures import Figure
from nucleate.scoring.settings import ScoringSettings

N_MERGERS = 100
"""Mergers of dialects at random behind `dialect_oracle`."""


def untrained_control(scores: Scores) -> Scores:
    """The rows of step 0 again, as the control of every later step.

    Returns: for each row of a later step whose figure was also taken at step 0 of the same run, that
        figure with the later step and `control="untrained"`; for joining to `scores`.
    """
    figures = list(scores.where(control="none"))
    untrained = {_figure_of(row): row for row in figures if row["step"] == 0}
    return Scores.from_rows(
        Score(**(untrained[_figure_of(row)] | {"step": row["step"], "control": "untrained"}))
        for row in figures
        if row["step"] > 0 and _figure_of(row) in untrained
    )


def dialect_oracle_control(
    scores: Scores, states: HiddenStates, settings: ScoringSettings, *, seed: int
) -> Scores:
    """What agreement clusters reach that know every dialect, and join dialects at random.

    Whole dialects (or other groups of `scoring.across`) are dealt out to as many groups as the figure has
    clusters, `N_MERGERS` times; mean and level of what they reach stand beside it.

    Args:
        scores: rows of the same examples, at any number of steps.
        states: of any one step; their vectors are not looked at.
        settings: what was scored.
        seed: the run's.

    Returns: rows with `control="dialect_oracle"`, for agreement with factors whose labels join several
        dialects whole, as those of tasks do.
    """
    samples = {
        (split, position, factor): sample
        for split in map(str, np.unique(states.split))
        for position in settings.positions
        for sample in samples_at(states.of_split(split), position, settings.factors, settings.across)
        for factor, labels in sample.labels.items()
        if _joins_groups(labels, sample.across)
    }
    found: dict[tuple[Any, ...], dict[str, Figure]] = {}
    rows = []
    for row in scores.where(control="none", metric=["ari", "ari_across"]):
        place = row["split"], row["position"], row["factor"]
        if place in samples and row["n_clusters"] > 0:
            key = *place, row["n_clusters"]
            if key not in found:
                rng = stream(seed, "dialect_oracle", *map(str, key))
                figures = _oracle_figures(samples[place], row["factor"], row["n_clusters"], rng)
                found[key] = {figure.metric: figure for figure in figures}
            figure = found[key][row["metric"]]
            ends = {"value": figure.value, "ci_low": figure.ci_low, "ci_high": figure.ci_high}
            rows.append(Score(**(row | {"control": "dialect_oracle"} | ends)))
    return Scores.from_rows(rows)


def _joins_groups(labels: Int[np.ndarray, " example"], groups: Int[np.ndarray, " example"] | None) -> bool:
    """Whether each group has one label, and some label several groups."""
    if groups is None:
        return False
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    return pairs.shape[1] == len(np.unique(groups)) > len(np.unique(labels))


def _oracle_figures(
    sample: Sample, factor: str, n_clusters: int, rng: np.random.Generator
) -> Iterator[Figure]:
    assert sample.across is not None
    labels, groups = sample.labels[factor], number_from_zero(sample.across)
    dealt = np.stack([rng.permutation(groups.max() + 1) % n_clusters for _ in range(N_MERGERS)])
    for metric, across in (("ari", None), ("ari_across", sample.across)):
        # Kappa is the same either way round; asked of mergers, it would be lost where one joins no pair.
        yield Figure.of_null(metric, adjusted_rand_of_each(labels, dealt[:, groups], across))


def _figure_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a row is a figure of, whatever the step."""
    of_the_step = {"step", "control", "n_clusters", "n_examples", "value", "ci_low", "ci_high"}
    return tuple(value for column, value in row.items() if column not in of_the_step)
