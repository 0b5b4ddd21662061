"""Agreement of one factor with the clusters of many sites: what `rand_index` tells of one site, for all.

This module hides that sites share most of the work: permutations, the pairs that labels hold together and
those within groups are counted once. All counts are whole numbers, so every figure is bit for bit that of
the plain functions.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from nucleate.lazy import Float, Int
from nucleate.metrics.agreement.pairs_within import n_pairs_within, pairs_within
from nucleate.metrics.agreement.rand_index import (
    WIDEST_COUNTED,
    Groups,
    all_pairs,
    both_of,
    index_of_pairs,
    pairs_together,
)
from nucleate.resampling.bootstrap import CHUNK_VALUES, number_from_zero

Best = Int[np.ndarray, "site example"]
"""The clusters of the best start at every site."""


class SiteAgreement:
    """The Adjusted Rand Index of one factor's labels with clusters, or that over pairs across groups.

    Args:
        labels: of the factor.
        permuted: the labels, handed round as often as controls ask for.
        groups: as in `rand_index.adjusted_rand_index`.
    """

    def __init__(
        self,
        labels: Int[np.ndarray, " example"],
        permuted: Int[np.ndarray, "permutation example"],
        groups: Groups | None = None,
    ) -> None:
        self._labels = number_from_zero(labels)
        self._groups = None if groups is None else number_from_zero(groups)
        self._permuted = number_from_zero(permuted.ravel()).reshape(permuted.shape)
        self._own = float(pairs_together(self._labels[None], self._groups)[0])
        self._total = all_pairs(len(labels), self._groups)

    def of_some(self, rows: Int[np.ndarray, " chosen"]) -> SiteAgreement:
        """That of some of the examples, without permutations."""
        groups = None if self._groups is None else self._groups[rows]
        return SiteAgreement(self._labels[rows], np.empty((0, len(rows)), dtype=np.int64), groups)

    def indices(self, best: Best) -> Float[np.ndarray, " site"]:
        """As `adjusted_rand_index`, for every site."""
        both = pairs_together(both_of(best, self._labels), self._groups)
        found = index_of_pairs(both, self._own, pairs_together(best, self._groups), self._total)
        return np.where(self._says_nothing, np.nan, found)

    @property
    def _says_nothing(self) -> bool:
        return self._groups is not None and not self._own

    def permuted(self, best: Best) -> Float[np.ndarray, "site permutation"]:
        """As `adjusted_rand_permuted`, for every site."""
        if not len(self._permuted):
            return np.empty((len(best), 0))
        best = np.stack([number_from_zero(own) for own in best])
        both, clusters = self._permuted_pairs(best), pairs_together(best, self._groups)[:, None]
        if self._groups is None:
            return index_of_pairs(both, self._own, clusters, self._total)
        both, own = both - self._within(best, self._groups), self._own_of_permuted
        return np.where(own > 0, index_of_pairs(both, own, clusters, self._total), np.nan)

    def _permuted_pairs(self, best: Best) -> Float[np.ndarray, "site permutation"]:
        """Of all pairs those that share a permuted label and a cluster."""
        n_permutations, n_examples = len(self._permuted), len(self._labels)
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

    def _within(self, best: Best, groups: Groups) -> Float[np.ndarray, "site permutation"]:
        """Of the pairs within groups those that share a permuted label and a cluster."""
        if self._neighbors is None:
            within = [both_of(own, groups) for own in best]
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
        if n_pairs_within(self._groups) * len(self._permuted) > CHUNK_VALUES:
            return None
        return pairs_within(self._groups)
