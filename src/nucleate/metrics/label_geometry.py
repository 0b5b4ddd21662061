"""How labels lie in the space of states, without any clustering.

This module hides that distances of all pairs are taken a block of rows at a time and once for all factors,
so memory stays bounded at 1e5 points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from nucleate.lazy import Bool, Float, Int, lazy
from nucleate.resampling.bootstrap import number_from_zero

distance = lazy("scipy.spatial.distance")

BLOCK_VALUES = 2**22
"""Distances held at once."""

N_NEIGHBORS = 10
"""Neighbors whose labels make up `knn_purity`; a label with no more examples than this cannot reach 1."""


def silhouettes(
    points: Float[np.ndarray, "example d"],
    labels: Mapping[str, Int[np.ndarray, " example"]],
) -> dict[str, float]:
    """Mean silhouette of each factor's labels: 1 where they lie far apart, about 0 where they are mixed.

    A label that one example has counts 0, as in scikit-learn. NaN where all labels are one or all different.

    Args:
        points: where the examples lie.
        labels: of each factor.

    Source: Rousseeuw (1987), "Silhouettes".
    """
    numbered = {
        factor: each for factor, each in _numbered(labels).items() if 0 < each.max() < len(points) - 1
    }
    one_hot = {factor: np.eye(int(each.max()) + 1)[each] for factor, each in numbered.items()}
    totals = dict.fromkeys(one_hot, 0.0)
    for rows, block in _distance_blocks(points):
        distances = np.sqrt(block)
        for factor, members in one_hot.items():
            own, sizes = numbered[factor], members.sum(axis=0)
            totals[factor] += silhouette_sum(distances @ members, own[rows], sizes)
    return {factor: totals.get(factor, np.nan) / len(points) for factor in labels}


def silhouette_sum(
    sums: Float[np.ndarray, "row label"],
    own: Int[np.ndarray, " row"],
    sizes: Float[np.ndarray, " label"] | Int[np.ndarray, " label"],
) -> float:
    """The silhouettes of some rows, summed, from their summed distances to the examples of each label.

    Args:
        sums: of distances.
        own: the label of each row.
        sizes: of all labels.
    """
    own_sizes, places = sizes[own], np.arange(len(own))
    within = sums[places, own] / np.maximum(own_sizes - 1, 1)
    others = sums / sizes.astype(sums.dtype)
    others[places, own] = np.inf
    nearest = others.min(axis=1)
    larger = np.maximum(within, nearest)
    found = np.divide(nearest - within, larger, out=np.zeros_like(larger), where=larger > 0)
    return float(found[own_sizes > 1].sum(dtype=np.float64))


def neighbor_purities(
    points: Float[np.ndarray, "example d"],
    labels: Mapping[str, Int[np.ndarray, " example"]],
    units: Int[np.ndarray, " example"],
    token_counts: Int[np.ndarray, "example token"] | None = None,
    least_token_distance: int = 0,
) -> dict[str, Float[np.ndarray, " example"]]:
    """For each example and factor the share of its nearest neighbors that have its label.

    Args:
        points: where the examples lie.
        labels: of each factor.
        units: an example is no neighbor of those of its own unit.
        token_counts: bags of the instructions' tokens.
        least_token_distance: nor of those whose bag differs from its own by fewer tokens, each added or
            missing token counted, since near-duplicates lie near each other in any model.

    Returns: shares; NaN for an example that has no neighbor left.
    """
    found: dict[str, list[np.ndarray]] = {factor: [] for factor in labels}
    n_neighbors = min(N_NEIGHBORS, len(points) - 1)
    for rows, squared in _distance_blocks(points):
        squared[too_near(rows, units, token_counts, least_token_distance)] = np.inf
        nearest, counted = nearest_of_each(squared, n_neighbors)
        for factor, each in labels.items():
            found[factor].append(shares_alike(each[rows], each[nearest], counted))
    return {factor: np.concatenate(parts) for factor, parts in found.items()}


def nearest_of_each(
    distances: Float[np.ndarray, "row example"], n_nearest: int
) -> tuple[Int[np.ndarray, "row nearest"], Bool[np.ndarray, "row nearest"]]:
    """The examples with the smallest distances of each row, of equal ones any; which of them are finite."""
    bar = np.partition(distances, n_nearest - 1, axis=1)[:, n_nearest - 1 : n_nearest]
    below = (distances <= bar).nonzero()[1]  # in half the time that it takes to sort places out
    if len(below) == n_nearest * len(distances):
        nearest = below.reshape(len(distances), n_nearest)
    else:
        nearest = np.argpartition(distances, n_nearest - 1, axis=1)[:, :n_nearest]
    return nearest, np.isfinite(np.take_along_axis(distances, nearest, axis=1))


def shares_alike(
    labels: Int[np.ndarray, " row"],
    of_neighbors: Int[np.ndarray, "row neighbor"],
    counted: Bool[np.ndarray, "row neighbor"],
) -> Float[np.ndarray, " row"]:
    """Of each row's neighbors that count the share that has its label; NaN where none counts."""
    n_counted = counted.sum(axis=1)
    same = ((of_neighbors == labels[:, None]) & counted).sum(axis=1)
    return np.divide(same, n_counted, where=n_counted > 0, out=np.full(len(labels), np.nan))


def too_near(
    rows: Int[np.ndarray, " row"],
    units: Int[np.ndarray, " example"],
    token_counts: Int[np.ndarray, "example token"] | None,
    least_token_distance: int,
) -> Bool[np.ndarray, "row example"]:
    """Which examples are no neighbors of those in some rows; see `neighbor_purities`."""
    near = units[rows, None] == units
    if token_counts is not None and least_token_distance > 0:
        near |= distance.cdist(token_counts[rows], token_counts, "cityblock") < least_token_distance
    return near


def top_variance_share(points: Float[np.ndarray, "example d"], n: int = 3) -> float:
    """Share of the variance that lies in the `n` coordinates with most of it; NaN where there is none.

    Above a half, distances are those of a few coordinates: standardise before believing them.
    Source: Timkey and van Schijndel (2021), "All bark and no bite", on rogue dimensions.
    """
    variances = np.sort(points.var(axis=0, dtype=np.float64))
    return float(variances[-n:].sum() / variances.sum()) if variances.sum() > 0 else float("nan")


def squared_distances(points: Float[np.ndarray, "example d"]) -> Float[np.ndarray, "example example"] | None:
    """Of all pairs, for looking at more than once; None where they would not be held at once."""
    if len(points) ** 2 > BLOCK_VALUES:
        return None
    return next(_distance_blocks(points))[1]


def _distance_blocks(points: Float[np.ndarray, "example d"]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and their squared distances to all points, block after block."""
    centered = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    size = max(1, BLOCK_VALUES // len(points))
    for first in range(0, len(points), size):
        rows = np.arange(first, min(first + size, len(points)))
        squared = _squared_distances(centered[rows], centered)
        squared[np.arange(len(rows)), rows] = 0.0
        yield rows, squared


def _squared_distances(
    some: Float[np.ndarray, "row d"], others: Float[np.ndarray, "column d"]
) -> Float[np.ndarray, "row column"]:
    squared = np.square(some).sum(axis=1)[:, None] + np.square(others).sum(axis=1) - 2 * some @ others.T
    return np.maximum(squared, 0.0)


def _numbered(labels: Mapping[str, Int[np.ndarray, " example"]]) -> dict[str, Int[np.ndarray, " example"]]:
    return {factor: number_from_zero(each) for factor, each in labels.items()}
