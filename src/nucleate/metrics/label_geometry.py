"""How labels lie in the space of states, without any clustering.

Hidden here: that distances of all pairs are taken a block of rows at a time and once for all factors, so
memory stays bounded at 1e5 points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from nucleate.lazy import lazy
from nucleate.resampling.bootstrap import number_from_zero

distance = lazy("scipy.spatial.distance")

BLOCK_VALUES = 2**22
"""Distances held at once."""

WORST_CONDITION = 1e6
"""Of a Gram matrix that is still inverted: ten digits are left."""

N_NEIGHBORS = 10
"""Neighbors whose labels make up `knn_purity`; a label with no more examples than this cannot reach 1."""


@dataclass(frozen=True)
class Pairs:
    """What is known of all pairs of some examples.

    Attributes:
        squared: how far apart they lie, squared.
        near: which are no neighbors of each other whatever that is.
    """

    squared: Float[np.ndarray, "example example"]
    near: Bool[np.ndarray, "example example"]

    def among(self, rows: Int[np.ndarray, " chosen"]) -> Pairs:
        """Of some of the examples."""
        among = np.ix_(rows, rows)
        return Pairs(self.squared[among], self.near[among])


def silhouettes(
    points: Float[np.ndarray, "example d"],
    labels: Mapping[str, Int[np.ndarray, " example"]],
    squared: Float[np.ndarray, "example example"] | None = None,
) -> dict[str, float]:
    """Mean silhouette of each factor's labels: 1 where they lie far apart, about 0 where they are mixed.

    A label that one example has counts 0, as in scikit-learn. NaN where all labels are one or all different.

    Args:
        points: where the examples lie.
        labels: of each factor.
        squared: of `squared_distances`, where they are known already.

    Source: Rousseeuw (1987), "Silhouettes".
    """
    one_hot = {
        factor: np.eye(int(each.max()) + 1)[each]
        for factor, each in _numbered(labels).items()
        if 0 < each.max() < len(points) - 1
    }
    totals = dict.fromkeys(one_hot, 0.0)
    for rows, block in _distance_blocks(points, squared):
        distances = np.sqrt(block)
        for factor, members in one_hot.items():
            totals[factor] += _silhouette_sum(distances @ members, members[rows], members.sum(axis=0))
    return {factor: totals.get(factor, np.nan) / len(points) for factor in labels}


def _silhouette_sum(
    sums: Float[np.ndarray, "row label"],
    own: Float[np.ndarray, "row label"],
    sizes: Float[np.ndarray, " label"],
) -> float:
    """The silhouettes of some rows, summed, from their summed distances to the examples of each label."""
    own_size = own @ sizes
    within = (sums * own).sum(axis=1) / np.maximum(own_size - 1, 1)
    nearest = np.where(own > 0, np.inf, sums / sizes).min(axis=1)
    larger = np.maximum(within, nearest)
    found = np.divide(nearest - within, larger, out=np.zeros_like(larger), where=larger > 0)
    return float(found[own_size > 1].sum())


def neighbor_purities(
    points: Float[np.ndarray, "example d"],
    labels: Mapping[str, Int[np.ndarray, " example"]],
    units: Int[np.ndarray, " example"],
    token_counts: Int[np.ndarray, "example token"] | None = None,
    least_token_distance: int = 0,
    known: Pairs | None = None,
) -> dict[str, Float[np.ndarray, " example"]]:
    """For each example and factor the share of its nearest neighbors that have its label.

    Args:
        points: where the examples lie.
        labels: of each factor.
        units: an example is no neighbor of those of its own unit.
        token_counts: bags of the instructions' tokens.
        least_token_distance: nor of those whose bag differs from its own by fewer tokens, each added or
            missing token counted, since near-duplicates lie near each other in any model.
        known: what is known of all pairs already.

    Returns: shares; NaN for an example that has no neighbor left.
    """
    found: dict[str, list[np.ndarray]] = {factor: [] for factor in labels}
    n_neighbors = min(N_NEIGHBORS, len(points) - 1)
    for rows, squared in _distance_blocks(points, known.squared if known else None):
        near = known.near if known else too_near(rows, units, token_counts, least_token_distance)
        squared[near] = np.inf
        nearest = np.argpartition(squared, n_neighbors - 1, axis=1)[:, :n_neighbors]
        counted = np.isfinite(np.take_along_axis(squared, nearest, axis=1))
        for factor, each in labels.items():
            same = (each[nearest] == each[rows, None]) & counted
            n_counted = counted.sum(axis=1)
            share = np.divide(
                same.sum(axis=1), n_counted, where=n_counted > 0, out=np.full(len(rows), np.nan)
            )
            found[factor].append(share)
    return {factor: np.concatenate(parts) for factor, parts in found.items()}


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


def variance_ratios(
    points: Float[np.ndarray, "example d"], labels: Int[np.ndarray, " example"]
) -> dict[str, float]:
    """How wide labels are compared with how far apart they lie, in two ways; 0 where each label is a point.

    `separation`: class-distance normalized variance, the mean over pairs of labels of their mean variance
    over the squared distance of their means. A label with one example has no variance, so with few examples
    per label it is too low. NaN where two means are one, or there is one label.

    `collapse`: the trace ratio of neural collapse, tr(W B^+) / C, where W is the covariance within labels and
    B that of the C labels' means, each label counted once. NaN for one label.

    Sources: Galanti, György and Hutter (2021), "On the role of neural collapse in transfer learning"; Papyan,
        Han and Donoho (2020), "Prevalence of neural collapse", NC1.
    """
    means, within, residuals = _moments(points, labels)
    return {"separation": _separation(means, within), "collapse": _collapse(means, residuals)}


def _separation(means: Float[np.ndarray, "label d"], within: Float[np.ndarray, " label"]) -> float:
    first, second = np.triu_indices(len(means), k=1)
    squared = _squared_distances(means, means)[first, second]
    if len(means) < 2 or squared.min() <= 0:
        return float("nan")
    return float(((within[first] + within[second]) / (2 * squared)).mean())


def _collapse(means: Float[np.ndarray, "label d"], residuals: Float[np.ndarray, "example d"]) -> float:
    between = means - means.mean(axis=0)
    inverse = _inverse_gram(between)
    if inverse is not None:
        return float(np.square(residuals @ between.T @ inverse).sum() / len(residuals))
    # Of B = M'M / C, W B^+ needs the residuals along the right singular vectors of M alone.
    _, singular, directions = np.linalg.svd(between, full_matrices=False)
    kept = singular > singular.max() * max(between.shape) * np.finfo(float).eps if len(singular) else []
    if not np.any(kept):
        return float("nan")
    along = np.square(residuals @ directions[kept].T).mean(axis=0)
    return float((along / np.square(singular[kept])).sum())  # C of B cancels the 1 / C


def _inverse_gram(between: Float[np.ndarray, "label d"]) -> Float[np.ndarray, "label label"] | None:
    """What takes a state's products with centered means to its coordinates; None where digits fail.

    With it W B^+ needs no singular vectors. Centering took one direction away, that of the labels' mean:
    it is filled up, and since no product has a part in it nothing else changes.
    """
    n_labels, d = between.shape
    if not 2 <= n_labels <= d:
        return None
    gram = between @ between.T
    filled = gram + np.trace(gram) / n_labels**2
    try:
        inverse = np.linalg.inv(filled)
    except np.linalg.LinAlgError:
        return None
    condition = np.linalg.norm(filled) * np.linalg.norm(inverse)
    return inverse if condition < WORST_CONDITION else None


def top_variance_share(points: Float[np.ndarray, "example d"], n: int = 3) -> float:
    """Share of the variance that lies in the `n` coordinates with most of it; NaN where there is none.

    Above a half, distances are those of a few coordinates: standardise before believing them.
    Source: Timkey and van Schijndel (2021), "All bark and no bite", on rogue dimensions.
    """
    variances = np.sort(points.var(axis=0, dtype=np.float64))
    return float(variances[-n:].sum() / variances.sum()) if variances.sum() > 0 else float("nan")


def _moments(
    points: Float[np.ndarray, "example d"], labels: Int[np.ndarray, " example"]
) -> tuple[Float[np.ndarray, "label d"], Float[np.ndarray, " label"], Float[np.ndarray, "example d"]]:
    """Mean of each label, its mean squared distance to it, and what is left of each example."""
    numbered = number_from_zero(labels)
    order = np.argsort(numbered, kind="stable")
    sizes = np.bincount(numbered)
    centered = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    means = np.add.reduceat(centered[order], np.cumsum(sizes) - sizes, axis=0) / sizes[:, None]
    residuals = centered - means[numbered]
    return means, np.bincount(numbered, np.square(residuals).sum(axis=1)) / sizes, residuals


def squared_distances(points: Float[np.ndarray, "example d"]) -> Float[np.ndarray, "example example"] | None:
    """Of all pairs, for looking at more than once; None where they would not be held at once."""
    if len(points) ** 2 > BLOCK_VALUES:
        return None
    return next(_distance_blocks(points))[1]


def _distance_blocks(
    points: Float[np.ndarray, "example d"], squared: Float[np.ndarray, "example example"] | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and their squared distances to all points, block after block."""
    if squared is not None:
        yield np.arange(len(points)), squared.copy()
        return
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
