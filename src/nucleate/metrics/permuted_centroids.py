"""Nearest centroids of labels that were handed round: what `nearest_centroid` reaches by chance.

This module hides that permutations differ in which states are added up and in nothing else. The sums of all
are one sparse product, the distances of all examples from all their means one dense product a site; what an
example's own group adds is worked out once for all sites. Distances differ from those of `Centroids` by
rounding alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from nucleate.lazy import Float, Int
from nucleate.resampling.bootstrap import number_from_zero

DISTANCES_HELD = 2**22
"""Distances of one site that are held at once, unless those of one permutation are more."""


def nearest_shares_right(
    train_points: Float[np.ndarray, "site train d"],
    permuted: Int[np.ndarray, "permutation train"],
    points: Float[np.ndarray, "site example d"],
    labels: Int[np.ndarray, " example"],
    left_out: tuple[Int[np.ndarray, " train"], Int[np.ndarray, " example"]] | None = None,
) -> Float[np.ndarray, "site permutation"]:
    """The share that `nearest_centroid_right` finds right, at every site and for every permutation."""
    names = np.unique(permuted[0])
    numbered = np.searchsorted(names, permuted)
    n_held = max(1, DISTANCES_HELD // (len(labels) * len(names)))
    parts = [
        _Permuted(numbered[first : first + n_held], len(names), left_out)
        for first in range(0, len(permuted), n_held)
    ]
    found = np.empty((len(points), len(permuted)))
    for site, (trained, own) in enumerate(zip(train_points, points, strict=True)):
        center = trained.mean(axis=0, dtype=np.float64)  # far from the origin, squares would cancel
        nearest = [part.nearest(trained - center, own - center) for part in parts]
        found[site] = (names[np.concatenate(nearest, axis=1)] == labels[:, None]).mean(axis=0)
    return found


@dataclass(frozen=True)
class _Own:
    """What the groups that examples are of have in the sums.

    Attributes:
        part: adds the states up that one group has in one cell.
        n_own: how many they are.
        cells: which cell.
        examples: an example for each part that its group has.
        parts: that part.
    """

    part: csc_array
    n_own: Float[np.ndarray, " part"]
    cells: Int[np.ndarray, " part"]
    examples: Int[np.ndarray, " pair"]
    parts: Int[np.ndarray, " pair"]


class _Permuted:
    """Some permutations of labels; a cell is one label in one of them."""

    def __init__(
        self,
        numbered: Int[np.ndarray, "permutation train"],
        n_labels: int,
        left_out: tuple[Int[np.ndarray, " train"], Int[np.ndarray, " example"]] | None,
    ) -> None:
        self._shape = len(numbered), n_labels
        cells = numbered + n_labels * np.arange(len(numbered))[:, None]
        self._counts = np.bincount(cells.ravel(), minlength=len(numbered) * n_labels).astype(np.float64)
        self._adding = _adding(cells, len(self._counts))
        self._own = None if left_out is None else _own_parts(cells, len(self._counts), *left_out)

    def nearest(
        self, trained: Float[np.ndarray, "train d"], points: Float[np.ndarray, "example d"]
    ) -> Int[np.ndarray, "example permutation"]:
        """The label of the nearest mean, by its number, for each example and permutation."""
        sums = self._adding @ trained
        means = sums / self._counts[:, None]
        squares = points @ means.T
        squares *= -2
        squares += np.einsum("cd,cd->c", means, means)
        if self._own is not None and len(self._own.examples):
            self._leave_out(self._own, sums, trained, points, squares)
        nearest = squares.reshape(len(points), *self._shape).argmin(axis=2)
        return np.asarray(nearest)

    def _leave_out(
        self,
        own: _Own,
        sums: Float[np.ndarray, "cell d"],
        trained: Float[np.ndarray, "train d"],
        points: Float[np.ndarray, "example d"],
        squares: Float[np.ndarray, "example cell"],
    ) -> None:
        """Put in distances from means without an example's own group; infinite where nothing is left."""
        n_left = self._counts[own.cells] - own.n_own
        left = sums[own.cells] - own.part @ trained
        left /= np.maximum(n_left, 1)[:, None]
        gaps = left.astype(np.float32)[own.parts]
        gaps -= points.astype(np.float32)[own.examples]
        apart = np.einsum("pd,pd->p", gaps, gaps) - np.einsum("ed,ed->e", points, points)[own.examples]
        squares[own.examples, own.cells[own.parts]] = np.where(n_left[own.parts] > 0, apart, np.inf)


def _adding(cells: Int[np.ndarray, "permutation example"], n_cells: int) -> csc_array:
    """What adds states up by cell: a column for every example, with its cell in every permutation."""
    columns = np.arange(0, cells.size + 1, len(cells))
    return csc_array((np.ones(cells.size), cells.T.ravel(), columns), shape=(n_cells, cells.shape[1]))


def _own_parts(
    cells: Int[np.ndarray, "permutation train"],
    n_cells: int,
    trained: Int[np.ndarray, " train"],
    tested: Int[np.ndarray, " example"],
) -> _Own:
    groups = number_from_zero(np.concatenate([trained, tested]))
    of_train, of_test = groups[: len(trained)], groups[len(trained) :]
    is_tested = np.isin(of_train, of_test)
    codes = (of_train * n_cells + cells)[:, is_tested]
    parts, of_part, n_own = np.unique(codes.ravel(), return_inverse=True, return_counts=True)
    columns = np.zeros(len(trained) + 1, dtype=np.int64)
    columns[1:] = np.cumsum(is_tested * len(cells))
    rows = of_part.reshape(codes.shape).T.ravel()
    adding = csc_array((np.ones(len(rows)), rows, columns), shape=(len(parts), len(trained)))
    begin, end = (np.searchsorted(parts // n_cells, of_test, side) for side in ("left", "right"))
    n = end - begin
    pairs = np.arange(n.sum()) + np.repeat(begin - (n.cumsum() - n), n)
    examples = np.repeat(np.arange(len(of_test)), n)
    return _Own(adding, n_own.astype(np.float64), parts % n_cells, examples, pairs)
