"""Pairs of examples that the clusterings of many sites hold together, replicate by replicate.

This module hides that the replicates of a bootstrap rest on few clusterings, those of the starts that were
drawn. One sparse product counts all sites for the starts that most replicates have, one for the next, and
so on; pairs within a group or a unit are written out, where they are few. All counts are whole numbers, so
nothing depends on the order in which they are added.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from nucleate.lazy import Float, Int, lazy
from nucleate.metrics.agreement.rand_index import draw_starts
from nucleate.resampling.bootstrap import CHUNK_VALUES, Resamples, number_from_zero

sparse = lazy("scipy.sparse")

EXACT_FLOAT32 = 2**24
"""Whole numbers up to here are exact in single precision."""

Sums = Float[np.ndarray, "site replicate"]


class DrawnStarts:
    """The clusters of every site, and the start that each replicate takes there.

    Attributes:
        of_site: the site of each clustering that was drawn.
        clusters: these clusterings, numbered from 0 without gaps.
        slices: the replicates that rest on each, begin and end.
    """

    def __init__(
        self,
        clusters: Int[np.ndarray, "site start example"],
        inertia: Float[np.ndarray, "site start"],
        n_resamples: int,
        seed: int,
    ) -> None:
        starts = np.stack([draw_starts(own, n_resamples, seed) for own in inertia])
        self.n_sites, self.n_resamples = starts.shape
        is_first = np.diff(starts, axis=1, prepend=-1) != 0
        self.of_site, begins = is_first.nonzero()
        ends = np.append(begins[1:], 0)
        self.slices = np.stack([begins, np.where(ends > 0, ends, n_resamples)], axis=1)
        chosen = clusters[self.of_site, starts[self.of_site, begins]]
        self.clusters = _numbered_apart(chosen)

    @cached_property
    def in_rounds(self) -> list[Int[np.ndarray, " drawn"]]:
        """The clusterings that are counted together: one of every site, of about as many replicates."""
        sizes = self.slices[:, 1] - self.slices[:, 0]
        order = np.lexsort((-sizes, self.of_site))
        rank = np.empty(len(order), dtype=np.int64)
        first = np.searchsorted(self.of_site, np.arange(self.n_sites))
        rank[order] = np.arange(len(order)) - first[self.of_site[order]]
        return [np.flatnonzero(rank == one) for one in range(int(rank.max()) + 1)]

    def spread(self, found: Float[np.ndarray, "drawn replicate"]) -> Sums:
        """What was found with each clustering for all replicates, at those that rest on it."""
        which = np.repeat(np.arange(len(self.slices)), self.slices[:, 1] - self.slices[:, 0])
        replicates = np.tile(np.arange(self.n_resamples), self.n_sites)
        return found[which, replicates].reshape(self.n_sites, self.n_resamples)


def _numbered_apart(partitions: Int[np.ndarray, "partition example"]) -> Int[np.ndarray, "partition example"]:
    """Each partition numbered from 0 without gaps."""
    low = partitions.min(axis=1, keepdims=True)
    return (
        partitions - low if _is_dense(partitions - low) else np.stack(list(map(number_from_zero, partitions)))
    )


def _is_dense(partitions: Int[np.ndarray, "partition example"]) -> bool:
    """Gaps do no harm where they are few."""
    return int(partitions.max()) < partitions.shape[1]


class DrawnPairs:
    """Ordered pairs of two examples in one cell, as `Resamples.pairs` counts them, for many clusterings.

    Args:
        resamples: of the examples.
        labels: numbered from 0.
        groups: where given, `within` counts the pairs of examples of one group.
    """

    def __init__(
        self,
        resamples: Resamples,
        labels: Int[np.ndarray, " example"],
        groups: Int[np.ndarray, " example"] | None = None,
    ) -> None:
        self._resamples, self._labels, self._groups = resamples, labels, groups
        self.n_resamples = resamples.n_resamples

    def can_count(self) -> bool:
        """Whether all weights and pairs that are written out fit into memory."""
        n_pairs = [n_pairs_within(self._resamples.units)]
        n_pairs += [] if self._groups is None else [n_pairs_within(self._groups)]
        return max(len(self._labels), *n_pairs) * self._resamples.n_resamples <= CHUNK_VALUES

    def of_all(self, drawn: DrawnStarts) -> tuple[Sums, Sums]:
        """Pairs of one label and cluster, and those of one cluster."""
        both, own = np.empty((2, drawn.n_sites, drawn.n_resamples))
        for chosen in drawn.in_rounds:
            self._count(drawn, chosen, both, own)
        alone = self._resamples.alone
        shared = self._in_units.of(drawn)
        return both - alone - shared[0], own - alone - shared[1]

    def within(self, drawn: DrawnStarts) -> tuple[Sums, Sums]:
        """The same of the pairs within groups."""
        both, own = self._in_groups.of(drawn)
        return both, own

    def _count(
        self, drawn: DrawnStarts, chosen: Int[np.ndarray, " drawn"], both: np.ndarray, own: np.ndarray
    ) -> None:
        """Put the squared sizes of cells into `both` and `own`, for replicates of the chosen clusterings."""
        clusters, slices = drawn.clusters[chosen], drawn.slices[chosen]
        n_labels, n_clusters = int(self._labels.max()) + 1, int(clusters.max()) + 1
        codes = clusters * n_labels + self._labels + n_clusters * n_labels * np.arange(len(chosen))[:, None]
        cells = number_from_zero(codes.ravel())
        cluster_of = np.empty(int(cells.max()) + 1, dtype=np.int64)
        cluster_of[cells] = (codes // n_labels).ravel()
        sizes = self._sizes(cells, len(cluster_of), slices)
        begins = np.flatnonzero(np.diff(cluster_of, prepend=-1))
        of_clusters, site_of = np.add.reduceat(sizes, begins, axis=0), cluster_of // n_clusters
        for counts, sites, out in ((sizes, site_of, both), (of_clusters, site_of[begins], own)):
            ends = np.searchsorted(sites, np.arange(len(chosen) + 1))
            for place, (begin, end) in enumerate(slices):
                part = counts[ends[place] : ends[place + 1], : end - begin]
                out[drawn.of_site[chosen[place]], begin:end] = np.einsum("cr,cr->r", part, part)

    def _sizes(
        self, cells: Int[np.ndarray, " example"], n_cells: int, slices: Int[np.ndarray, "chosen 2"]
    ) -> Float[np.ndarray, "cell replicate"]:
        """How many examples of each cell the replicates drew, those of a clustering's slice first."""
        width = int((slices[:, 1] - slices[:, 0]).max())
        weights = np.zeros((len(slices), len(self._labels), width))
        for own, (begin, end) in zip(weights, slices, strict=True):
            own[:, : end - begin] = self._resamples.by_example[:, begin:end]
        # A column for every example: nothing has to be sorted by cells.
        once, columns = np.ones(len(cells)), np.arange(len(cells) + 1)
        held = sparse.csc_array((once, cells, columns), shape=(n_cells, len(cells)))
        return np.asarray(held @ weights.reshape(-1, width))

    @cached_property
    def _in_units(self) -> _WrittenOut:
        """Pairs of one unit: those of two copies do not count."""
        first, second = pairs_within(self._resamples.units)
        copies = self._resamples.by_example[first]
        return _WrittenOut(first, second, 2 * copies * (copies - 1), self._labels)

    @cached_property
    def _in_groups(self) -> _WrittenOut:
        assert self._groups is not None
        first, second = pairs_within(self._groups)
        units, by_example = self._resamples.units, self._resamples.by_example
        of_second = np.where((units[first] == units[second])[:, None], 1.0, by_example[second])
        return _WrittenOut(first, second, 2 * by_example[first] * of_second, self._labels)


class _WrittenOut:
    """Some pairs of examples with what they weigh in each replicate."""

    def __init__(
        self,
        first: Int[np.ndarray, " pair"],
        second: Int[np.ndarray, " pair"],
        weights: Float[np.ndarray, "pair replicate"],
        labels: Int[np.ndarray, " example"],
    ) -> None:
        self._first, self._second = first, second
        is_small = weights.sum(axis=0).max(initial=0.0) < EXACT_FLOAT32
        self._weights = weights.astype(np.float32 if is_small else np.float64)
        self._same = labels[first] == labels[second]

    def of(self, drawn: DrawnStarts) -> Float[np.ndarray, "2 site replicate"]:
        """Of pairs that share a cluster, what those weigh that share a label too, and what all do."""
        if not len(self._first):
            return np.zeros((2, drawn.n_sites, drawn.n_resamples))
        together = drawn.clusters[:, self._first] == drawn.clusters[:, self._second]
        together = together.astype(self._weights.dtype)
        everything = together @ self._weights
        is_every = self._same.all()
        alike = everything if is_every else together[:, self._same] @ self._weights[self._same]
        return np.stack([drawn.spread(alike), drawn.spread(everything)]).astype(np.float64)


def n_pairs_within(groups: Int[np.ndarray, " example"]) -> int:
    """How many pairs of examples are of one group."""
    sizes = np.bincount(number_from_zero(groups))
    return int((sizes * (sizes - 1) // 2).sum())


def pairs_within(
    groups: Int[np.ndarray, " example"],
) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]:
    """All pairs of examples of one group, each once; groups are numbered from 0."""
    order, sizes = np.argsort(groups, kind="stable"), np.bincount(groups)
    place = np.arange(len(order))
    n_after = np.repeat(sizes.cumsum(), sizes) - place - 1
    first = np.repeat(place, n_after)
    second = np.arange(len(first)) - np.repeat(n_after.cumsum() - n_after, n_after) + first + 1
    return order[first], order[second]
