"""What one table of labels by clusters tells: shared information, and how many examples are named right.

This module hides that all of it depends on how many examples lie in each cell, and never on which. The
table is counted once and every figure is read off it; the tables of permuted labels are counted all at
once, and what chance alone would share is computed once for them all, because it depends on the sizes of
rows and columns.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np

from nucleate.errors import LabelsError
from nucleate.lazy import Float, Int, lazy
from nucleate.resampling.bootstrap import number_from_zero

special = lazy("scipy.special")
optimize = lazy("scipy.optimize")

CELLS_AT_ONCE = 2**18
"""Cells whose expectation is worked out at once."""


def require_same_examples(labels: Int[np.ndarray, " example"], values: Int[np.ndarray, " example"]) -> None:
    """Raises LabelsError where the lengths differ, or there are fewer than two examples."""
    if len(labels) != len(values):
        raise LabelsError(
            f"expected one cluster and one unit per label, got {len(values)} for {len(labels)} labels",
            "Score labels and clusters of the same examples.",
        )
    if len(labels) < 2:
        raise LabelsError(f"expected two examples or more, got {len(labels)}", "Score a larger split.")


def contingency(
    labels: Int[np.ndarray, " example"], clusters: Int[np.ndarray, " example"]
) -> Int[np.ndarray, "label cluster"]:
    """How many examples of each label each cluster has.

    Args:
        labels: rows, in the order of their numbers.
        clusters: columns, in the order of their numbers.

    Raises:
        LabelsError: the lengths differ, or there are fewer than two examples.
    """
    require_same_examples(labels, clusters)
    rows, columns = number_from_zero(labels), number_from_zero(clusters)
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    cells = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
    return cells.reshape(shape)


def contingencies(
    partitions: Int[np.ndarray, "partition example"], clusters: Int[np.ndarray, " example"]
) -> Int[np.ndarray, "partition label cluster"]:
    """The table of one clustering with each of many partitions by the same labels."""
    flat, columns = number_from_zero(partitions.ravel()), number_from_zero(clusters)
    shape = (len(partitions), int(flat.max()) + 1, int(columns.max()) + 1)
    rows = flat.reshape(partitions.shape) + np.arange(len(partitions))[:, None] * shape[1]
    return np.bincount((rows * shape[2] + columns).ravel(), minlength=math.prod(shape)).reshape(shape)


def expected_information(table: Int[np.ndarray, "label cluster"]) -> float:
    """Mutual information, in nats, of partitions with these sizes of cells that know nothing of each other.

    Rows of one size have the same share in it, and so have columns: each pair of sizes is worked out once.

    Source: Vinh, Epps and Bailey (2010), "Information theoretic measures for clusterings comparison".
    """
    rows, n_rows = np.unique(table.sum(axis=1), return_counts=True)
    columns, n_columns = np.unique(table.sum(axis=0), return_counts=True)
    weights = (n_rows[:, None] * n_columns).ravel()
    sizes = np.stack(np.meshgrid(rows, columns, indexing="ij")).reshape(2, -1)
    sizes, weights = sizes[:, sizes.min(axis=0) > 0], weights[sizes.min(axis=0) > 0]
    n_cells = sizes.min(axis=0) - np.maximum(1, sizes.sum(axis=0) - table.sum()) + 1
    chunks = n_cells.cumsum() // CELLS_AT_ONCE
    begins = np.concatenate([[0], np.flatnonzero(np.diff(chunks)) + 1, [len(weights)]])
    parts = [slice(*each) for each in pairwise(begins)]
    return float(
        sum(_shared(sizes[:, part], weights[part], n_cells[part], int(table.sum())) for part in parts)
    )


def _shared(
    sizes: Int[np.ndarray, "2 pair"],
    weights: Int[np.ndarray, " pair"],
    n_cells: Int[np.ndarray, " pair"],
    total: int,
) -> float:
    """The part of pairs of sizes in the expected information; a cell is what a row and a column may share."""
    pair = np.repeat(np.arange(len(n_cells)), n_cells)
    from_first = np.arange(len(pair)) - np.repeat(n_cells.cumsum() - n_cells, n_cells)
    row, column = sizes[:, pair]
    cell = np.maximum(1, row + column - total) + from_first
    log = _log_factorials(total)
    of_sizes = log[sizes].sum(axis=0) + log[total - sizes].sum(axis=0) - log[total]
    of_cell = log[cell] + log[row - cell] + log[column - cell] + log[total - row - column + cell]
    informed = cell / total * np.log(total * cell / (row * column)) * np.exp(of_sizes[pair] - of_cell)
    return float(informed @ weights[pair])


@lru_cache(maxsize=8)
def _log_factorials(total: int) -> np.ndarray:
    return special.gammaln(np.arange(1.0, total + 2.0))


def adjusted_mutual_information(
    tables: Int[np.ndarray, "*table label cluster"], expected: float | None = None
) -> Float[np.ndarray, "*table"]:
    """Shared information of labels and clusters, corrected for chance; 1.0 where they match.

    Args:
        tables: of `contingency`, or several.
        expected: of `expected_information`, which depends on sizes of cells alone and is most of the cost;
            None: it is computed from the one table.

    Source: Vinh, Epps and Bailey (2010), "Information theoretic measures for clusterings comparison", with
        the arithmetic mean of the entropies.
    """
    if 1 in tables.shape[-2:]:
        return np.full(tables.shape[:-2], float(tables.shape[-2:] == (1, 1)))
    expected = expected_information(tables) if expected is None else expected
    entropies = _entropies(tables.sum(axis=-1), 1) + _entropies(tables.sum(axis=-2), 1)
    information = entropies - _entropies(tables, 2)
    return np.asarray(_not_zero(information - expected) / _not_zero(entropies / 2 - expected))


def matched_names(tables: Int[np.ndarray, "*table label cluster"]) -> Int[np.ndarray, "*table cluster"]:
    """The label of each cluster where none is given twice and most examples are right; -1 where none is left.

    Source: Kuhn (1955), the Hungarian method.
    """
    costs = -tables.reshape(-1, *tables.shape[-2:]).astype(np.float64)
    names = np.full((len(costs), tables.shape[-1]), -1)
    for own, cost in zip(names, costs, strict=True):
        labels, clusters = optimize.linear_sum_assignment(cost)
        own[clusters] = labels
    return names.reshape(*tables.shape[:-2], -1)


def commonest_names(tables: Int[np.ndarray, "*table label cluster"]) -> Int[np.ndarray, "*table cluster"]:
    """The commonest label of each cluster."""
    return np.asarray(tables.argmax(axis=-2))


def share_named_right(
    tables: Int[np.ndarray, "*table label cluster"], names: Int[np.ndarray, "*table cluster"]
) -> Float[np.ndarray, "*table"]:
    """Share of examples that have the label which their cluster is named by.

    By `matched_names` of the same table it is the Hungarian accuracy; by `commonest_names` it is purity,
    which rises with the number of clusters: compare it with its controls only.
    """
    named = np.take_along_axis(tables, np.maximum(names, 0)[..., None, :], axis=-2)[..., 0, :]
    return np.asarray((named * (names >= 0)).sum(axis=-1) / tables.sum(axis=(-2, -1)))


def _not_zero(differences: np.ndarray | np.floating) -> np.ndarray:
    """Where all examples lie apart, two differences are of the last bits only, and their ratio is 1."""
    return np.asarray(np.copysign(np.maximum(np.abs(differences), np.finfo(float).eps), differences))


def _entropies(counts: np.ndarray, n_axes: int) -> np.ndarray:
    """Of the counts along the last axes, in nats."""
    axes = tuple(range(-n_axes, 0))
    total = counts.sum(axis=axes)
    return np.asarray(np.log(total) - _weighted_logs(int(total.max()))[counts].sum(axis=axes) / total)


@lru_cache(maxsize=8)
def _weighted_logs(total: int) -> np.ndarray:
    """Of every number n up to the total, n log n."""
    terms = np.arange(total + 1.0)
    terms[1:] *= np.log(terms[1:])
    return terms
