"""What a sample could have been: units drawn again, and labels handed round.

This module hides that examples hang together. The instances of one instruction share most of their state,
so they are drawn together, and their labels move together. Draws are made once and used for every site and
clustering of the same examples: it costs a fraction, and differences between sites are not those of draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nucleate.lazy import Float, Int, UInt16, lazy

sparse = lazy("scipy.sparse")

LEVELS = (2.5, 97.5)
"""The percentiles between which a 95 % interval lies."""

NULL_LEVELS = (2.5, 95.0)
"""Percentiles of the figures of shuffled labels that stand as `ci_low` and `ci_high`: the upper is the level
that labels without meaning pass once in twenty times."""

FEWEST_ALIKE = 5
"""Units of one size that exchange labels among themselves: of fewer, too many would keep their own. Twice as
many of neighboring sizes have more left over, and labels without meaning pass the level more often."""

WIDEST_SPAN = 64
"""Values that span fewer numbers than so many times their count are numbered without sorting."""

CHUNK_VALUES = 2**22
"""Examples times replicates taken up at once: memory stays within tens of megabytes at 1e5 examples."""


@dataclass(frozen=True)
class Resamples:
    """Bootstrap replicates of one set of examples.

    Attributes:
        units: the unit of each example, numbered from 0 without gaps; its examples are drawn together.
        copies: how often each replicate drew each unit.
    """

    units: Int[np.ndarray, " example"]
    copies: UInt16[np.ndarray, "unit replicate"]

    @classmethod
    def draw(cls, units: Int[np.ndarray, " example"], n_resamples: int, seed: int) -> Resamples:
        """As many units as there are, with replacement, `n_resamples` times."""
        numbered = number_from_zero(units)
        n_units = int(numbered.max()) + 1
        rng = np.random.default_rng(seed)
        copies = np.empty((n_units, n_resamples), dtype=np.uint16)
        for replicate in range(n_resamples):
            copies[:, replicate] = np.bincount(rng.integers(n_units, size=n_units), minlength=n_units)
        return cls(numbered, copies)

    @property
    def n_resamples(self) -> int:
        return self.copies.shape[1]

    @property
    def tell_something(self) -> bool:
        """Whether there are two units or more: one alone is drawn in the same way every time."""
        return len(self.copies) > 1

    def pairs(
        self, partition: Int[np.ndarray, " example"], replicates: slice = slice(None)
    ) -> Float[np.ndarray, " replicate"]:
        """Ordered pairs of two examples in one cell, for each of the replicates.

        Pairs of two copies of one unit are left out: they lie together whatever the partition. Pairs inside a
        copy count as in the sample. So a replicate that draws every unit once has the sample's own pairs,
        and none is lifted by its own repetitions. Exact in doubles up to 1e7 examples.
        """
        cells = number_from_zero(partition)
        order = np.argsort(cells, kind="stable")
        begins = np.concatenate([[0], np.bincount(cells).cumsum()])
        shape = (len(begins) - 1, len(self.copies))
        examples = sparse.csr_array((np.ones(len(cells)), self.units[order], begins), shape=shape)
        inside, n_examples = self._pairs_inside(cells), np.bincount(self.units).astype(float)
        parts = []
        for copies in self._chunks(replicates):
            sizes = examples @ copies
            # Of a unit with c copies c * c * inside pairs share a cell, c * inside of them within one copy.
            between_copies = inside @ (copies * (copies - 1))
            parts.append(np.einsum("cr,cr->r", sizes, sizes) - between_copies - n_examples @ copies)
        return np.concatenate(parts)

    def pairs_of_each(
        self, partitions: Int[np.ndarray, "start example"], starts: Int[np.ndarray, " replicate"]
    ) -> Float[np.ndarray, " replicate"]:
        """The same where each replicate has a partition of its own, that of its start; starts are sorted."""
        if len(self.units) * self.n_resamples > CHUNK_VALUES:
            return self._pairs_start_by_start(partitions, starts)
        drawn, place = np.unique(starts, return_inverse=True)
        cells = np.stack([number_from_zero(partitions[start]) for start in drawn])
        n_cells = int(cells.max()) + 1
        places = cells[place] + n_cells * np.arange(len(starts))[:, None]
        sizes = np.bincount(places.ravel(), self._weights.ravel(), len(starts) * n_cells)
        sizes = sizes.reshape(len(starts), n_cells)
        together = np.einsum("rc,rc->r", sizes, sizes)
        return together - self._between_copies(cells)[place, np.arange(len(starts))] - self._sizes

    def _pairs_start_by_start(
        self, partitions: Int[np.ndarray, "start example"], starts: Int[np.ndarray, " replicate"]
    ) -> Float[np.ndarray, " replicate"]:
        ends = np.append(np.flatnonzero(np.diff(starts)) + 1, len(starts)).tolist()
        slices = [slice(first, end) for first, end in zip([0, *ends[:-1]], ends, strict=True)]
        return np.concatenate([self.pairs(partitions[starts[each.start]], each) for each in slices])

    def _between_copies(
        self, cells: Int[np.ndarray, "partition example"]
    ) -> Float[np.ndarray, "partition replicate"]:
        """Ordered pairs of examples of one unit that share a cell, each in a copy of its own."""
        if len(self.copies) == len(self.units):
            return np.broadcast_to(self._copy_pairs.sum(axis=0), (len(cells), self.n_resamples))
        return np.stack([self._pairs_inside(own) for own in cells]) @ self._copy_pairs

    @cached_property
    def _copy_pairs(self) -> Float[np.ndarray, "unit replicate"]:
        copies = self.copies.astype(np.float64)
        return copies * (copies - 1)

    @cached_property
    def _weights(self) -> Float[np.ndarray, "replicate example"]:
        """How often each replicate drew each example."""
        return np.ascontiguousarray(self.copies[self.units].T.astype(np.float64))

    @cached_property
    def _sizes(self) -> Float[np.ndarray, " replicate"]:
        """Examples of each replicate."""
        return self._weights.sum(axis=1)

    def means(self, values: Float[np.ndarray, " example"]) -> Float[np.ndarray, " replicate"]:
        """The mean of `values` over the examples of each replicate."""
        sums, sizes = np.bincount(self.units, values), np.bincount(self.units).astype(float)
        parts = [(sums @ copies) / (sizes @ copies) for copies in self._chunks(slice(None))]
        return np.concatenate(parts)

    def _pairs_inside(self, cells: Int[np.ndarray, " example"]) -> Float[np.ndarray, " unit"]:
        """For each unit the ordered pairs of its examples that share a cell, each with itself included."""
        if len(self.copies) == len(self.units):
            return np.ones(len(self.units))
        n_cells = int(cells.max()) + 1
        unit_and_cell = number_from_zero(self.units * n_cells + cells)
        unit_of = np.zeros(int(unit_and_cell.max()) + 1, dtype=np.int64)
        unit_of[unit_and_cell] = self.units
        return np.bincount(unit_of, np.square(np.bincount(unit_and_cell).astype(float)))

    def _chunks(self, replicates: slice) -> Iterator[Float[np.ndarray, "unit chunk"]]:
        begin, end, _ = replicates.indices(self.n_resamples)
        size = max(1, CHUNK_VALUES // len(self.units))
        for first in range(begin, end, size):
            yield self.copies[:, first : min(first + size, end)].astype(np.float64)


def permute_labels(
    labels: Int[np.ndarray, " example"], units: Int[np.ndarray, " example"], n_permutations: int, seed: int
) -> Int[np.ndarray, "permutation example"]:
    """Labels handed round among the examples, so that they know nothing of the states any more.

    Units of as many examples exchange all their labels at once: which labels go together in a unit stays.
    Where fewer than `FEWEST_ALIKE` are of a size, those nearest in size exchange as many as both have, and
    what is over goes where labels are wanted. Where a unit holds several labels, its examples exchange them
    too: units that all hold the same would else keep theirs. Where the labels are the units themselves,
    single examples exchange theirs. Every label stays as frequent as it was.

    This takes units to be alike, and the examples of one unit; an order of examples in it says nothing.

    Source: Winkler et al. (2015), "Multi-level block permutation", whole-block and within-block exchange.
    """
    numbered, named = number_from_zero(units), number_from_zero(labels)
    together = number_from_zero(numbered * (named.max() + 1) + named)
    if numbered.max() == named.max() == together.max():
        numbered = np.arange(len(labels))
    by_size = _by_size(numbered)
    permuted = np.tile(labels, (n_permutations, 1))
    rng = np.random.default_rng(seed)
    for alike in _exchanging(by_size):
        order = np.tile(np.arange(sum(map(len, alike))), (n_permutations, 1))
        _exchange(permuted, labels, alike, rng.permuted(order, axis=1))
    if together.max() > numbered.max():
        for examples in by_size:
            permuted[:, examples] = rng.permuted(permuted[:, examples], axis=2)
    return permuted


def _by_size(numbered: Int[np.ndarray, " example"]) -> list[Int[np.ndarray, "_ _"]]:
    """The examples of the units of each size, the smallest first."""
    sizes, order = np.bincount(numbered), np.argsort(numbered, kind="stable")
    of_ordered = sizes[numbered[order]]
    return [order[of_ordered == size].reshape(-1, size) for size in np.unique(sizes)]


def _exchanging(
    by_size: list[Int[np.ndarray, "_ _"]],
) -> Iterator[list[Int[np.ndarray, "_ _"]]]:
    """Units that exchange labels: of one size where it has enough, else of neighboring sizes."""
    few: list[Int[np.ndarray, "_ _"]] = []
    for examples in by_size:
        if len(examples) >= FEWEST_ALIKE:
            yield [examples]
        else:
            few.append(examples)
    n_left, alike = sum(map(len, few)), list[Int[np.ndarray, "_ _"]]()
    for examples in few:
        alike.append(examples)
        n_alike = sum(map(len, alike))
        if n_alike >= FEWEST_ALIKE and n_left - n_alike >= FEWEST_ALIKE:
            yield alike
            n_left, alike = n_left - n_alike, []
    if alike:
        yield alike


def _exchange(
    permuted: Int[np.ndarray, "permutation example"],
    labels: Int[np.ndarray, " example"],
    alike: list[Int[np.ndarray, "_ _"]],
    givers: Int[np.ndarray, "permutation unit"],
) -> None:
    """Give every unit the labels of its giver in each permutation; what is over fills the gaps."""
    if len(alike) == 1:
        permuted[:, alike[0]] = labels[alike[0]][givers]
        return
    sizes = np.concatenate([np.full(len(examples), examples.shape[1]) for examples in alike])
    members = np.zeros((len(sizes), sizes[-1]), dtype=np.int64)
    for examples in alike:
        members[sizes == examples.shape[1], : examples.shape[1]] = examples
    place = np.arange(sizes[-1])
    for own, giver in zip(permuted, givers, strict=True):
        takes, gives = place < sizes[:, None], place < sizes[giver, None]
        given = members[giver]
        own[members[takes & gives]] = labels[given[takes & gives]]
        own[members[takes & ~gives]] = labels[given[gives & ~takes]]


def number_from_zero(values: Int[np.ndarray, " example"]) -> Int[np.ndarray, " example"]:
    """The same partition with cells numbered from 0 without gaps."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if high - low >= WIDEST_SPAN * len(values):
        return np.unique(values, return_inverse=True)[1]
    shifted = values - low
    there = np.zeros(high - low + 1, dtype=bool)
    there[shifted] = True
    return (there.cumsum() - 1)[shifted]
