"""How well clusters agree with labels, and how sure that is.

This module hides that agreement is counted in pairs. How many pairs a partition holds together depends on
the sizes of its cells alone, so every replicate of a bootstrap and every permutation of the labels costs
one sum over examples and never a pair, and all of them are counted at once. Pairs across groups are all
pairs less those within one, so they cost a second sum.

The Adjusted Rand Index is Cohen's kappa over pairs: do two examples share a label, do they share a cluster?
Every function here takes `groups`; where they are given, only pairs of different groups are asked (see
`adjusted_rand_index`).
"""

from __future__ import annotations

import math

import numpy as np

from nucleate.errors import LabelsError
from nucleate.lazy import Float, Int
from nucleate.metrics.agreement.contingency import require_same_examples
from nucleate.resampling.bootstrap import Resamples, number_from_zero
from nucleate.resampling.intervals import interval

MISPLACED = 4
"""Of many units of which none was seen misplaced, so many may have been: -log(0.025) is 3.7, after Hanley and
Lippman-Hand (1983), "If nothing goes wrong, is everything all right?"."""

WIDEST_COUNTED = 4
"""Cells for each example up to which they are counted in place; more are sorted."""

Pairs = float | np.floating | np.ndarray
"""Counts of ordered pairs of examples, one or many."""

Groups = Int[np.ndarray, " example"]
"""The group of each example; only pairs across groups count."""


def adjusted_rand_index(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, " example"],
    groups: Groups | None = None,
) -> float:
    """Agreement of clusters with labels, corrected for chance.

    Args:
        labels: what the clusters are compared with.
        clusters: of the same examples.
        groups: only pairs of examples of different groups count; None: all pairs. With tasks as labels and
            dialects as groups, clusters that know the dialects and nothing of what joins them score 0.

    Returns: 1.0 where the partitions match, about 0.0 where they are independent; it can be negative. NaN
        where no two examples of different groups share a label.

    Raises:
        LabelsError: the lengths differ, or there are fewer than two examples.

    Source: Hubert and Arabie (1985), "Comparing partitions"; Warrens (2008), "On the equivalence of Cohen's
    kappa and the Hubert-Arabie adjusted Rand index".
    """
    require_same_examples(labels, clusters)
    return float(adjusted_rand_indices(labels[None], clusters, groups)[0])


def adjusted_rand_interval(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, "start example"],
    inertia: Float[np.ndarray, " start"],
    resamples: Resamples,
    *,
    seed: int,
    groups: Groups | None = None,
) -> tuple[float, float]:
    """A 95 % interval of the index over resampled examples and clustering starts, for clusters as they are.

    Every replicate draws units with replacement, and starts too, of which it takes the one with the
    lowest inertia, as the reported figure takes it of all. The ends are percentiles: they respect the index's
    range, and on planted agreement of 0.0 to 0.95 they covered as often as basic intervals, or oftener near
    1. Where nothing is misplaced no replicate can show that something might be, so the lower end is at most
    the index with `MISPLACED` units put elsewhere.

    What is covered is the mean index of other samples of the same make, where the starts differ about as
    clusters do from sample to sample. Where all starts end alike it is too narrow: whoever has the points
    clusters halves of them anew. Where units have several examples, the index itself lies above that of
    independent units, by chance 0.07 with 200 units of 5 examples and 20 clusters that split no unit.

    Args:
        labels: what the clusters are compared with.
        clusters: the clustering of every start.
        inertia: of every start.
        resamples: of the same examples.
        seed: of the drawn starts.
        groups: as in `adjusted_rand_index`.

    Returns: the lower and the upper end; both NaN where there are fewer than two units, or no index.

    Raises:
        LabelsError: the lengths differ, there are fewer than two examples, or no start.
    """
    for partition in (*clusters, resamples.units):
        require_same_examples(labels, partition)
    if not len(clusters) or len(clusters) != len(inertia):
        raise LabelsError(
            f"expected one inertia per start, got {len(inertia)} for {len(clusters)} starts",
            "Hand over the labels and the inertia of one result of a clustering method.",
        )
    misplaced = misplace(clusters[inertia.argmin()], resamples.units, seed)
    doubted = adjusted_rand_index(labels, misplaced, groups)
    if not resamples.tell_something or math.isnan(doubted):
        return float("nan"), float("nan")
    starts = draw_starts(inertia, resamples.n_resamples, seed)
    replicates = adjusted_rand_replicates(labels, clusters, starts, resamples, groups)
    low, high = map(float, interval(replicates))
    return min(low, doubted), high


def misplace(
    clusters: Int[np.ndarray, " example"], units: Int[np.ndarray, " example"], seed: int
) -> Int[np.ndarray, " example"]:
    """The clusters with `MISPLACED` units drawn at random and moved to others."""
    names, numbered, units = np.unique(clusters), number_from_zero(clusters), number_from_zero(units)
    if len(names) < 2:
        return clusters
    rng = np.random.default_rng(seed)
    n_units = int(units.max()) + 1
    is_moved = np.zeros(n_units, dtype=bool)
    is_moved[rng.choice(n_units, min(MISPLACED, n_units), replace=False)] = True
    moved = is_moved[units]
    shifts = rng.integers(1, len(names), size=n_units)[units]
    return np.where(moved, names[(numbered + shifts) % len(names)], clusters)


def draw_starts(
    inertia: Float[np.ndarray, " start"], n_resamples: int, seed: int
) -> Int[np.ndarray, " replicate"]:
    """The start that each replicate reports: the lowest of as many as there are, drawn with replacement.

    They come sorted, so that the replicates of one start lie side by side; each replicate's units are drawn
    apart from its starts, so order tells nothing.
    """
    drawn = np.random.default_rng(seed).integers(len(inertia), size=(n_resamples, len(inertia)))
    return np.sort(drawn[np.arange(n_resamples), inertia[drawn].argmin(axis=1)])


def adjusted_rand_replicates(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, "start example"],
    starts: Int[np.ndarray, " replicate"],
    resamples: Resamples,
    groups: Groups | None = None,
) -> Float[np.ndarray, " replicate"]:
    """The index of every replicate, NaN where one drew no pair that counts.

    Args:
        labels: what the clusters are compared with.
        clusters: the clustering of every start.
        starts: which of them each replicate takes, sorted.
        resamples: of the same examples.
        groups: as in `adjusted_rand_index`.
    """

    def known(partition: np.ndarray) -> np.ndarray:
        found = resamples.pairs(partition)
        return found if groups is None else found - resamples.pairs(both_of(partition, groups))

    def pairs(partitions: np.ndarray) -> np.ndarray:
        found = resamples.pairs_of_each(partitions, starts)
        return (
            found if groups is None else found - resamples.pairs_of_each(both_of(partitions, groups), starts)
        )

    with_label, total = known(labels), known(np.zeros_like(labels))
    both, with_cluster = pairs(both_of(clusters, labels)), pairs(clusters)
    counts = total > 0 if groups is None else with_label > 0
    return np.where(counts, index_of_pairs(both, with_label, with_cluster, total), np.nan)


def adjusted_rand_indices(
    partitions: Int[np.ndarray, "partition example"],
    clusters: Int[np.ndarray, " example"],
    groups: Groups | None = None,
) -> Float[np.ndarray, " partition"]:
    """The index of one clustering with each of many partitions; NaN where one has no pair across groups."""
    both, own = pairs_together(both_of(partitions, clusters), groups), pairs_together(partitions, groups)
    found = index_of_pairs(
        both, own, pairs_together(clusters[None], groups), all_pairs(len(clusters), groups)
    )
    return found if groups is None else np.where(own > 0, found, np.nan)


def adjusted_rand_of_each(
    labels: Int[np.ndarray, " example"],
    clusterings: Int[np.ndarray, "clustering example"],
    groups: Groups | None = None,
) -> Float[np.ndarray, " clustering"]:
    """The index of one factor's labels with each of many clusterings, as `adjusted_rand_index` gives it."""
    own = pairs_together(labels[None], groups)
    both, of_clusters = (
        pairs_together(both_of(clusterings, labels), groups),
        pairs_together(clusterings, groups),
    )
    found = index_of_pairs(both, own, of_clusters, all_pairs(len(labels), groups))
    return found if groups is None else np.where(own > 0, found, np.nan)


def adjusted_rand_permuted(
    permuted: Int[np.ndarray, "permutation example"],
    clusters: Int[np.ndarray, " example"],
    groups: Groups | None = None,
) -> Float[np.ndarray, " permutation"]:
    """The index of one clustering with permutations of one partition, whose own pairs are counted once.

    Across groups every permutation has as many pairs of its own as it happens to have.
    """
    if groups is not None:
        return adjusted_rand_indices(permuted, clusters, groups)
    both, own = pairs_together(both_of(permuted, clusters)), pairs_together(permuted[:1])
    return index_of_pairs(both, own, pairs_together(clusters[None]), all_pairs(len(clusters)))


def stability(clusters: Int[np.ndarray, "start example"]) -> float:
    """Mean Adjusted Rand Index between starts: 1.0 where every start finds the same clusters, NaN for one."""
    if len(clusters) < 2:
        return float("nan")
    own, total = pairs_together(clusters), all_pairs(clusters.shape[1])
    indices = [
        index_of_pairs(pairs_together(both_of(clusters[:one], clusters[one])), own[:one], own[one], total)
        for one in range(1, len(clusters))
    ]
    return float(np.mean(np.concatenate(indices)))


def index_of_pairs(both: Pairs, labels: Pairs, clusters: Pairs, total: Pairs) -> np.ndarray:
    """The Adjusted Rand Index from ordered pairs together in both, in one, and in all; element by element.

    Pairs that one partition alone holds together and pairs that neither does stand in products of their
    own: none of these differences cancels, so doubles serve at 1e6 examples as well as big integers.
    """
    by_label, by_cluster = labels - both, clusters - both
    by_none = total - both - by_label - by_cluster
    above_chance = 2 * (both * by_none - by_label * by_cluster)
    most = (both + by_label) * (by_label + by_none) + (both + by_cluster) * (by_cluster + by_none)
    same = (by_label == 0) & (by_cluster == 0)
    return np.where(same, 1.0, above_chance / np.where(same, 1.0, most))


def all_pairs(n_examples: int, groups: Groups | None = None) -> float:
    """Ordered pairs of two examples, of different groups where there are groups."""
    everything = float(n_examples) * (n_examples - 1)
    return everything if groups is None else everything - float(pairs_together(groups[None])[0])


def pairs_together(
    partitions: Int[np.ndarray, "partition example"], groups: Groups | None = None
) -> Float[np.ndarray, " partition"]:
    """Ordered pairs of two examples in one cell, for each of many partitions of the same examples."""
    if groups is not None:
        return pairs_together(partitions) - pairs_together(both_of(partitions, groups))
    n_examples, low, high = partitions.shape[1], int(partitions.min()), int(partitions.max())
    if high - low < WIDEST_COUNTED * n_examples:
        places = partitions - low + (high - low + 1) * np.arange(len(partitions))[:, None]
        sizes = np.bincount(places.ravel(), minlength=len(partitions) * (high - low + 1)).astype(float)
        return np.square(sizes).reshape(len(partitions), -1).sum(axis=1) - n_examples
    smallest = np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high))
    # Numbers of 32 bits sort fastest: of 16, seven times slower where the processor has AVX2 alone.
    by_cell = np.sort(partitions.astype(np.promote_types(np.int32, smallest)), axis=1)
    begins = np.ones(by_cell.shape, dtype=bool)
    begins[:, 1:] = by_cell[:, 1:] != by_cell[:, :-1]
    first = np.flatnonzero(begins)
    squares = np.square(np.diff(first, append=by_cell.size).astype(float))
    return np.bincount(first // n_examples, squares, minlength=len(by_cell)) - n_examples


def both_of(labels: Int[np.ndarray, "*batch example"], clusters: Int[np.ndarray, " example"]) -> np.ndarray:
    """The partition by label and cluster together."""
    numbered = number_from_zero(clusters)
    return labels * (numbered.max() + 1) + numbered
