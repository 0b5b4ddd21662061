"""Agreement of one factor with the clusters of many sites: what `rand_index` tells of one site, for all at once.

Hidden here: that sites share most of the work. Draws, permutations, the pairs that labels hold together and those
within groups are counted once; clusters add one sparse product per start that is drawn, and one table per
permutation. All counts are whole numbers, so every figure is bit for bit that of the plain functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from nucleate.metrics.rand_index import (
    WIDEST_COUNTED,
    Groups,
    all_pairs,
    both_of,
    draw_starts,
    index_of_pairs,
    misplace,
    pairs_together,
)
from nucleate.resampling.bootstrap import CHUNK_VALUES, Resamples, number_from_zero
from nucleate.resampling.intervals import interval

Best = Int[np.ndarray, "site example"]
"""The clusters of the best start at every site."""


class SiteAgreement:
    """The Adjusted Rand Index of one factor's labels with clusters, or that over pairs across groups.

    Args:
        labels: of the factor.
        resamples: of the same examples.
        permuted: the labels, handed round as often as controls ask for.
        seed: of the drawn starts.
        groups: as in `rand_index.adjusted_rand_index`.
    """

    def __init__(
        self,
        labels: Int[np.ndarray, " example"],
        resamples: Resamples,
        permuted: Int[np.ndarray, "permutation example"],
        seed: int,
        groups: Groups | None = None,
    ) -> None:
        self._labels, self._resamples, self._seed = number_from_zero(labels), resamples, seed
        self._groups = None if groups is None else number_from_zero(groups)
        self._permuted = number_from_zero(permuted.ravel()).reshape(permuted.shape)
        self._own = float(pairs_together(self._labels[None], self._groups)[0])
        self._total = all_pairs(len(labels), self._groups)

    def indices(self, best: Best) -> Float[np.ndarray, " site"]:
        """As `adjusted_rand_index`, for every site."""
        both = pairs_together(both_of(best, self._labels), self._groups)
        found = index_of_pairs(both, self._own, pairs_together(best, self._groups), self._total)
        return np.where(self._says_nothing, np.nan, found)

    @property
    def _says_nothing(self) -> bool:
        return self._groups is not None and not self._own

    def intervals(
        self, clusters: Int[np.ndarray, "site start example"], inertia: Float[np.ndarray, "site start"]
    ) -> tuple[Float[np.ndarray, " site"], Float[np.ndarray, " site"]]:
        """As `adjusted_rand_interval`, for every site: the lower and the upper ends."""
        if not self._resamples.tell_something or self._says_nothing:
            return np.full(len(clusters), np.nan), np.full(len(clusters), np.nan)
        units = self._resamples.units
        best = clusters[np.arange(len(clusters)), inertia.argmin(axis=1)]
        doubted = self.indices(np.stack([misplace(own, units, self._seed) for own in best]))
        replicates = np.stack([self._replicates(*site) for site in zip(clusters, inertia, strict=True)])
        low, high = interval(replicates)
        return np.minimum(low, doubted), high

    def _replicates(
        self, clusters: Int[np.ndarray, "start example"], inertia: Float[np.ndarray, " start"]
    ) -> Float[np.ndarray, " replicate"]:
        """As `adjusted_rand_replicates`: of one site, each replicate with the start that it drew."""
        starts = draw_starts(inertia, self._resamples.n_resamples, self._seed)
        first = np.flatnonzero(np.diff(starts, prepend=-1)).tolist()
        parts = []
        for begin, end in zip(first, [*first[1:], len(starts)], strict=True):
            kinds = np.stack(list(self._kinds(clusters[starts[begin]])))
            parts.append(self._resamples.pairs_of_several(kinds, slice(begin, end)))
        pairs = np.concatenate(parts, axis=1)
        both, with_cluster = pairs[:2] if self._groups is None else pairs[:2] - pairs[2:]
        with_label, total = self._known
        counts = total > 0 if self._groups is None else with_label > 0
        return np.where(counts, index_of_pairs(both, with_label, with_cluster, total), np.nan)

    def _kinds(self, clusters: Int[np.ndarray, " example"]) -> Iterator[Int[np.ndarray, " example"]]:
        """The partitions whose pairs make an index: by label and cluster, by cluster; and both within groups."""
        own = number_from_zero(clusters)
        both = number_from_zero(both_of(own, self._labels))
        yield both
        yield own
        if self._groups is not None:
            yield number_from_zero(both_of(both, self._groups))
            yield number_from_zero(both_of(own, self._groups))

    @cached_property
    def _known(self) -> tuple[Float[np.ndarray, " replicate"], Float[np.ndarray, " replicate"]]:
        """Of every replicate the pairs of one label, and all."""
        found = []
        for own in (self._labels, np.zeros_like(self._labels)):
            pairs = self._resamples.pairs_once(own)
            if self._groups is not None:
                pairs = pairs - self._resamples.pairs_once(both_of(own, self._groups))
            found.append(pairs)
        return found[0], found[1]

    def permuted(self, best: Best) -> Float[np.ndarray, "site permutation"]:
        """As `adjusted_rand_permuted`, for every site."""
        best = np.stack([number_from_zero(own) for own in best])
        both, own = self._permuted_pairs(best), self._own
        if self._groups is not None:
            both, own = both - self._within(best), self._own_of_permuted
        clusters = pairs_together(best, self._groups)[:, None]
        found = index_of_pairs(both, own, clusters, self._total)
        return (
            found if self._groups is None else np.where(np.broadcast_to(own > 0, found.shape), found, np.nan)
        )

    def _permuted_pairs(self, best: Best) -> Float[np.ndarray, "site permutation"]:
        """Of all pairs those that share a permuted label and a cluster."""
        n_permutations, n_examples = self._permuted.shape
        n_clusters, n_labels = int(best.max()) + 1, int(self._permuted.max()) + 1
        if n_clusters * n_labels >= WIDEST_COUNTED * n_examples:
            return np.stack([pairs_together(both_of(self._permuted, own)) for own in best])
        cells = self._permuted + n_labels * np.arange(n_permutations)[:, None]
        cells *= n_clusters
        found = []
        for own in best:
            places = (cells + own).ravel()
            sizes = np.bincount(places, minlength=n_permutations * n_labels * n_clusters).astype(float)
            sizes = sizes.reshape(n_permutations, -1)
            found.append(np.einsum("pc,pc->p", sizes, sizes) - n_examples)
        return np.stack(found)

    def _within(self, best: Best) -> Float[np.ndarray, "site permutation"]:
        """Of the pairs within groups those that share a permuted label and a cluster."""
        if self._neighbors is None:
            within = [both_of(own, self._groups) for own in best]
            return np.stack([pairs_together(both_of(self._permuted, own)) for own in within])
        first, second = self._neighbors
        together = (best[:, first] == best[:, second]).astype(np.float32)
        return 2.0 * (together @ self._share_label).astype(np.float64)

    @cached_property
    def _own_of_permuted(self) -> Float[np.ndarray, " permutation"]:
        """Pairs across groups that share a permuted label: as many as there happen to be."""
        assert self._groups is not None
        if self._neighbors is None:
            return pairs_together(self._permuted, self._groups)
        return pairs_together(self._permuted) - 2.0 * self._share_label.sum(axis=0, dtype=np.float64)

    @cached_property
    def _share_label(self) -> Float[np.ndarray, "pair permutation"]:
        """Which pairs within groups share a label in which permutation; whole numbers that add up exactly."""
        assert self._neighbors is not None
        first, second = self._neighbors
        by_example = np.ascontiguousarray(self._permuted.T.astype(np.int32))
        return (by_example[first] == by_example[second]).astype(np.float32)

    @cached_property
    def _neighbors(self) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]] | None:
        """All pairs of examples of one group; None where there are too many to be written out."""
        assert self._groups is not None
        order, sizes = np.argsort(self._groups, kind="stable"), np.bincount(self._groups)
        if int((sizes * (sizes - 1) // 2).sum()) * len(self._permuted) > CHUNK_VALUES:
            return None
        place = np.arange(len(order))
        n_after = np.repeat(sizes.cumsum(), sizes) - place - 1
        first = np.repeat(place, n_after)
        second = np.arange(len(first)) - np.repeat(n_after.cumsum() - n_after, n_after) + first + 1
        return order[first], order[second]
