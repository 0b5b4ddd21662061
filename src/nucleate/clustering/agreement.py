"""How well clusters agree with labels, corrected for chance, and how sure that is.

Hidden here: the Adjusted Rand Index from counts of pairs, and a bootstrap that does not mistake two
copies of one state for agreement. Both rest on one fact: how many pairs a partition holds together
depends on the sizes of its cells alone, so a replicate costs one sum over examples and never a pair.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from nucleate.errors import LabelsError

LEVELS = (2.5, 97.5)
"""The percentiles between which a 95 % interval lies."""


def adjusted_rand_index(labels: Int[np.ndarray, " example"], clusters: Int[np.ndarray, " example"]) -> float:
    """Agreement of clusters with labels, corrected for chance.

    Returns: 1.0 where the partitions match, about 0.0 where they are independent; it can be negative.

    Raises:
        LabelsError: the lengths differ, or there are fewer than two examples.

    Source: Hubert and Arabie (1985), "Comparing partitions".
    """
    _check(labels, clusters)
    each = np.arange(len(labels))
    return _Comparison(labels, clusters, each).index(np.ones(len(each)))


def adjusted_rand_interval(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, "start example"],
    inertia: Float[np.ndarray, " start"],
    units: Int[np.ndarray, " example"],
    *,
    n_resamples: int,
    seed: int,
) -> tuple[float, float]:
    """A 95 % interval of the index over resampled examples and clustering starts.

    Every replicate draws units with replacement, and starts too, of which it takes the one with the
    lowest inertia, as the reported figure takes it of all. Pairs of two copies of one unit are left
    out: they lie together whatever the clusters. Pairs inside a copy count as in the sample. So a
    replicate that draws every unit once is the plain index, and none is lifted by its own repetitions.

    The ends are percentiles: they respect the index's range, and on planted agreement of 0.0 to 0.95 they
    covered as often as basic intervals, or oftener near 1. They are wider than need be where
    there is no agreement at all. What is covered is the index of another sample of the same make: where
    units have several examples, the index itself lies above that of independent units, by chance 0.07
    with 200 units of 5 examples and 20 clusters that split no unit.

    Args:
        labels: what the clusters are compared with.
        clusters: the clustering of every start.
        inertia: of every start.
        units: examples of one unit are drawn together, such as the instances of one instruction
            string, whose states at its last token are one and the same.
        n_resamples: number of replicates.
        seed: of the draws.

    Returns: the lower and the upper end; both NaN where there are fewer than two units.

    Raises:
        LabelsError: the lengths differ, there are fewer than two examples, or no start.
    """
    for partition in (*clusters, units):
        _check(labels, partition)
    if not len(clusters) or len(clusters) != len(inertia):
        raise LabelsError(
            f"expected one inertia per start, got {len(inertia)} for {len(clusters)} starts",
            "Hand over the labels and the inertia of one result of kmeans.",
        )
    units = _numbered(units)
    if units.max() == 0:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    values = list(_replicates(labels, clusters, inertia, units, n_resamples=n_resamples, rng=rng))
    low, high = np.nanpercentile(values, LEVELS)
    return float(low), float(high)


def mean_interval(
    values: Float[np.ndarray, " example"],
    units: Int[np.ndarray, " example"],
    *,
    n_resamples: int,
    seed: int,
) -> tuple[float, float]:
    """A 95 % percentile interval of a mean over resampled units.

    Returns: the lower and the upper end; both NaN where there are fewer than two units.
    """
    units = _numbered(units)
    n_units = int(units.max()) + 1
    if n_units < 2:
        return float("nan"), float("nan")
    sums, sizes = np.bincount(units, values), np.bincount(units)
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(n_units, size=n_units) for _ in range(n_resamples))
    means = [sums[copies].sum() / sizes[copies].sum() for copies in drawn]
    low, high = np.percentile(means, LEVELS)
    return float(low), float(high)


class _Comparison:
    """Labels against one clustering, ready for any number of copies of each unit.

    Four partitions are compared: by label and cluster both, by label, by cluster, and the whole.
    """

    def __init__(
        self,
        labels: Int[np.ndarray, " example"],
        clusters: Int[np.ndarray, " example"],
        units: Int[np.ndarray, " example"],
    ) -> None:
        labels, clusters = _numbered(labels), _numbered(clusters)
        both, self._cells = np.unique(labels * (clusters.max() + 1) + clusters, return_inverse=True)
        self._units = units
        self._parts = (np.arange(len(both)), *np.divmod(both, clusters.max() + 1), np.zeros_like(both))
        self._inside = np.stack([_pairs_inside(part[self._cells], units) for part in self._parts])

    def index(self, copies: Float[np.ndarray, " unit"]) -> float:
        """The Adjusted Rand Index where each unit was drawn `copies` times, NaN where that leaves no pair.

        Pairs are counted in both orders, as Python's integers: products of counts pass 64 bits from
        1e5 examples on, while the doubles that sum them are exact up to 1e7.
        """
        sizes = np.bincount(self._cells, copies[self._units])
        between_copies = self._inside @ (copies * (copies - 1))
        with_itself = sizes.sum()
        both, labels, clusters, total = (
            int(np.square(np.bincount(part, sizes)).sum() - between - with_itself)
            for part, between in zip(self._parts, between_copies, strict=True)
        )
        if total == 0:
            return float("nan")
        if both == labels == clusters:
            return 1.0
        by_chance = labels * clusters
        return 2 * (both * total - by_chance) / ((labels + clusters) * total - 2 * by_chance)


def _pairs_inside(
    cells: Int[np.ndarray, " example"], units: Int[np.ndarray, " example"]
) -> Float[np.ndarray, " unit"]:
    """For each unit the ordered pairs of its own examples that share a cell, each with itself included."""
    n_cells = cells.max() + 1
    unit_and_cell, n_examples = np.unique(units * n_cells + cells, return_counts=True)
    return np.bincount(unit_and_cell // n_cells, n_examples.astype(float) ** 2)


def _replicates(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, "start example"],
    inertia: Float[np.ndarray, " start"],
    units: Int[np.ndarray, " example"],
    *,
    n_resamples: int,
    rng: np.random.Generator,
) -> Iterator[float]:
    """The index of every replicate."""
    n_units, n_starts = units.max() + 1, len(inertia)
    drawn = rng.integers(n_starts, size=(n_resamples, n_starts))
    lowest = drawn[np.arange(n_resamples), inertia[drawn].argmin(axis=1)]
    for start, n_replicates in zip(*np.unique(lowest, return_counts=True), strict=True):
        comparison = _Comparison(labels, clusters[start], units)
        for _ in range(n_replicates):
            copies = np.bincount(rng.integers(n_units, size=n_units), minlength=n_units)
            yield comparison.index(copies.astype(float))


def _numbered(values: Int[np.ndarray, " example"]) -> Int[np.ndarray, " example"]:
    """The same partition with cells numbered from 0 without gaps."""
    return np.unique(values, return_inverse=True)[1]


def _check(labels: Int[np.ndarray, " example"], values: Int[np.ndarray, " example"]) -> None:
    if len(labels) != len(values):
        raise LabelsError(
            f"expected one cluster and one unit per label, got {len(values)} for {len(labels)} labels",
            "Score labels and clusters of the same examples.",
        )
    if len(labels) < 2:
        raise LabelsError(f"expected two examples or more, got {len(labels)}", "Score a larger split.")
