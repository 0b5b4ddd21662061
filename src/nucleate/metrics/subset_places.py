"""Silhouettes and neighbors of many subsets of the same examples, such as halves, from one table.

This module hides that the distances of a subset are a part of the table of all pairs, in single precision,
and that all factors of a subset meet it in one product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from nucleate.lazy import Bool, Float, Int
from nucleate.metrics.label_geometry import N_NEIGHBORS, nearest_of_each, shares_alike, silhouette_sum
from nucleate.resampling.bootstrap import number_from_zero

Labels = Mapping[str, Int[np.ndarray, " example"]]


class SubsetPlaces:
    """Where labels lie in many subsets of the same examples, at one site after another.

    Args:
        labels: of each factor.
        subsets: the examples of each.
        near: which examples are no neighbors of each other, however near they lie.
    """

    def __init__(
        self,
        labels: Labels,
        subsets: Sequence[Int[np.ndarray, " _"]],
        near: Bool[np.ndarray, "example example"],
    ) -> None:
        self._labels, self._subsets, self._near = labels, subsets, near

    def silhouettes(self, squared: Float[np.ndarray, "example example"]) -> list[dict[str, float]]:
        """What `label_geometry.silhouettes` gives, to six digits, for each subset."""
        distances = np.sqrt(squared.astype(np.float32))
        return [
            members.silhouettes(block)
            for members, block in zip(self._members, self._parts(distances), strict=True)
        ]

    def purities(
        self, squared: Float[np.ndarray, "example example"], factors: Sequence[str]
    ) -> list[dict[str, Float[np.ndarray, " chosen"]]]:
        """What `label_geometry.neighbor_purities` gives for each subset, of the factors asked for."""
        distances = np.where(self._near, np.float32(np.inf), squared.astype(np.float32))
        found = []
        for rows, block in zip(self._subsets, self._parts(distances), strict=True):
            nearest, counted = nearest_of_each(block, min(N_NEIGHBORS, len(rows) - 1))
            own = {factor: self._labels[factor][rows] for factor in factors}
            found.append({name: shares_alike(each, each[nearest], counted) for name, each in own.items()})
        return found

    def _parts(self, table: Float[np.ndarray, "example example"]) -> Iterator[np.ndarray]:
        for rows in self._subsets:
            yield table.take(rows, axis=0).take(rows, axis=1)

    @cached_property
    def _members(self) -> list[_Members]:
        return [_Members({name: each[rows] for name, each in self._labels.items()}) for rows in self._subsets]


class _Members:
    """The examples of each label of each factor, as columns of one table."""

    def __init__(self, labels: Labels) -> None:
        numbered = {factor: number_from_zero(each) for factor, each in labels.items()}
        self._all = tuple(labels)
        self._own = {
            factor: each for factor, each in numbered.items() if 0 < each.max(initial=0) < len(each) - 1
        }
        one_hot = [np.eye(int(each.max()) + 1, dtype=np.float32)[each] for each in self._own.values()]
        self._columns = np.concatenate(one_hot, axis=1) if one_hot else None
        self._ends = np.cumsum([each.shape[1] for each in one_hot])[:-1]

    def silhouettes(self, distances: Float[np.ndarray, "chosen chosen"]) -> dict[str, float]:
        found = dict.fromkeys(self._all, float("nan"))
        if self._columns is not None:
            sums = np.split(distances @ self._columns, self._ends, axis=1)
            for (factor, own), of_labels in zip(self._own.items(), sums, strict=True):
                found[factor] = silhouette_sum(of_labels, own, np.bincount(own)) / len(own)
        return found
