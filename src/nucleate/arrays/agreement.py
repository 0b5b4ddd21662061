"""How well clusters agree with labels, of anybody's labels and anybody's clusters.

This module hides that names of any kind are partitions, and which draws stand behind the interval and
chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nucleate.arrays.given_values import flat
from nucleate.arrays.state_arrays import numbered
from nucleate.errors import ConfigError, LabelsError
from nucleate.metrics.agreement.rand_index import (
    adjusted_rand_index,
    adjusted_rand_interval,
    adjusted_rand_permuted,
)
from nucleate.resampling.bootstrap import NULL_LEVELS, Resamples, permute_labels
from nucleate.resampling.named_seeds import seed_of


@dataclass(frozen=True)
class Agreement:
    """The Adjusted Rand Index of clusters with labels.

    Attributes:
        value: 1.0 where they match, about 0.0 where they are independent.
        ci_low: lower end of the 95 % interval over resampled groups; NaN where there is one group alone.
        ci_high: its upper end.
        chance: what labels handed round at random reach in the mean.
        chance_high: what they pass once in twenty times: below it, agreement says nothing.
    """

    value: float
    ci_low: float
    ci_high: float
    chance: float
    chance_high: float


def agreement(
    labels: Any,
    clusters: Any,
    groups: Any = None,
    *,
    n_resamples: int = 1000,
    n_permutations: int = 1000,
    seed: int = 1,
) -> Agreement:
    """Agreement of clusters with labels, how sure it is, and what chance alone would reach.

    Args:
        labels: one per example, of any kind that can be sorted.
        clusters: one per example; or `[start, example]` with one clustering per row, of which the first is
            reported and the interval takes in that another start finds other clusters.
        groups: examples of one group (prompts of one instruction, tokens of one text) hang together: they
            are drawn together, and their labels are handed round together, those of one group among
            themselves too. None: each example on its own.
        n_resamples: bootstrap replicates behind the interval.
        n_permutations: of the labels, behind the chance level.
        seed: of both.

    Raises:
        LabelsError: the lengths differ, a value is missing, or there are fewer than two examples.
        ConfigError: a number of draws is below 1.

    Source: Hubert and Arabie (1985), "Comparing partitions"; see `docs/method.md` for the interval.
    """
    for name, n in (("n_resamples", n_resamples), ("n_permutations", n_permutations)):
        if not isinstance(n, int | np.integer) or n < 1:
            raise ConfigError(f"{name} is {n!r}, expected a whole number", "Give 1 or more, 1000 as a rule.")
    own, found = _numbered("labels", labels), _starts(clusters)
    units = np.arange(len(own)) if groups is None else _numbered("groups", groups)
    for partition in (*found, units):
        if len(partition) != len(own):
            raise LabelsError(
                f"expected one cluster and one group per label, got {len(partition)} for {len(own)} labels",
                "Compare labels and clusters of the same examples.",
            )
    value = adjusted_rand_index(own, found[0])
    resamples = Resamples.draw(units, n_resamples, seed_of(seed, "resamples"))
    low, high = adjusted_rand_interval(
        own, found, np.zeros(len(found)), resamples, seed=seed_of(seed, "starts")
    )
    permuted = permute_labels(own, units, n_permutations, seed_of(seed, "shuffled"))
    by_chance = adjusted_rand_permuted(permuted, found[0])
    passed = np.percentile(by_chance, NULL_LEVELS[1])
    return Agreement(value, low, high, float(by_chance.mean()), float(passed))


def _starts(clusters: Any) -> np.ndarray:
    """`[start, example]`, numbered; one row where there is one clustering."""
    try:
        is_one = np.ndim(clusters) < 2
    except ValueError:  # rows of unequal length: what is wrong is said of them as of one
        is_one = True
    rows = [clusters] if is_one else list(np.asarray(clusters))
    if not rows:
        raise LabelsError("clusters are of no start", "Give one cluster per example.")
    return np.stack([_numbered("clusters", one) for one in rows])


def _numbered(what: str, names: Any) -> np.ndarray:
    """Integers from 0 in the place of names."""
    return numbered(flat(what, names))
