"""How wide labels are compared with how far apart they lie, in two ways.

This module hides that what both ask of a subset of the examples, such as a half, are sums over its labels,
which are taken for all subsets at once, and one product with its points; and that `collapse` goes through
the Gram matrix of the means where its condition allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array

from nucleate.lazy import Float, Int
from nucleate.resampling.bootstrap import number_from_zero

WORST_CONDITION = 1e6
"""Of a Gram matrix that is still inverted: ten digits are left."""

STATES_EPSILON = float(np.finfo(np.float32).eps)
"""Of states, whatever they are reckoned with: a direction with less in it is their rounding."""

NO_WIDTH = 1e-13
"""A squared distance, or a variance, that is a smaller share of the whole is rounding, and counts as 0."""


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


class SubsetRatios:
    """The ratios of many subsets of the same examples, at one site after another.

    Args:
        labels: of each factor.
        subsets: the examples of each.
    """

    def __init__(
        self, labels: Mapping[str, Int[np.ndarray, " example"]], subsets: Sequence[Int[np.ndarray, " _"]]
    ) -> None:
        self._subsets = subsets
        self._sums = {
            factor: _sums_by_label(number_from_zero(each), subsets) for factor, each in labels.items()
        }

    def of(self, points: Float[np.ndarray, "example d"]) -> list[dict[str, dict[str, float]]]:
        """What `variance_ratios` gives, to within rounding, for each subset and factor."""
        centered = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
        blocks = [centered[rows] for rows in self._subsets]
        beside = np.concatenate([centered, np.square(centered).sum(axis=1, keepdims=True)], axis=1)
        found: list[dict[str, dict[str, float]]] = [{} for _ in self._subsets]
        for factor, sums in self._sums.items():
            by_label = np.asarray(sums @ beside).reshape(len(found), -1, beside.shape[1])
            sizes = np.asarray(sums.sum(axis=1)).reshape(len(found), -1)
            for own, totals, counts, block in zip(found, by_label, sizes, blocks, strict=True):
                own[factor] = _of_sums(totals[counts > 0], counts[counts > 0], block)
        return found


def _sums_by_label(
    numbered: Int[np.ndarray, " example"], subsets: Sequence[Int[np.ndarray, " _"]]
) -> csr_array:
    """What adds up the rows of each label of each subset, [subset and label, example]."""
    n_labels = int(numbered.max()) + 1
    rows = np.concatenate([numbered[own] + n_labels * place for place, own in enumerate(subsets)])
    columns = np.concatenate(subsets)
    ones = np.ones(len(rows))
    return csr_array((ones, (rows, columns)), shape=(n_labels * len(subsets), len(numbered)))


def _of_sums(
    sums: Float[np.ndarray, "label d_and_square"],
    sizes: Float[np.ndarray, " label"],
    points: Float[np.ndarray, "chosen d"],
) -> dict[str, float]:
    """From each label's sums of coordinates and of squares, and the points themselves."""
    means = sums[:, :-1] / sizes[:, None]
    within = sums[:, -1] / sizes - np.square(means).sum(axis=1)
    within = np.where(within > NO_WIDTH * sums[:, -1] / sizes, within, 0.0)
    return {"separation": _separation(means, within), "collapse": _collapse_of_sums(means, sizes, points)}


def _collapse_of_sums(
    means: Float[np.ndarray, "label d"],
    sizes: Float[np.ndarray, " label"],
    points: Float[np.ndarray, "chosen d"],
) -> float:
    unmixing = _unmixing(means - means.mean(axis=0))
    if unmixing is None:
        return float("nan")
    total = float(np.square(points @ unmixing.T).sum())
    within = total - float((np.square(means @ unmixing.T).sum(axis=1) * sizes).sum())
    return within / float(sizes.sum()) if within > NO_WIDTH * total else 0.0


def _separation(means: Float[np.ndarray, "label d"], within: Float[np.ndarray, " label"]) -> float:
    n_labels = len(means)
    norms = np.square(means).sum(axis=1)
    squared = norms[:, None] + norms - 2 * means @ means.T
    np.fill_diagonal(squared, np.inf)
    if n_labels < 2 or squared.min() <= NO_WIDTH * norms.max():
        return float("nan")
    return float(within @ (1 / squared).sum(axis=1) / (n_labels * (n_labels - 1)))


def _collapse(means: Float[np.ndarray, "label d"], residuals: Float[np.ndarray, "example d"]) -> float:
    unmixing = _unmixing(means - means.mean(axis=0))
    return (
        float("nan") if unmixing is None else float(np.square(residuals @ unmixing.T).sum() / len(residuals))
    )


def _unmixing(between: Float[np.ndarray, "label d"]) -> Float[np.ndarray, "coordinate d"] | None:
    """What takes residuals to coordinates of mean squared length tr(W B^+) / C; None for means all one."""
    inverse = _inverse_gram(between)
    if inverse is not None:
        return inverse @ between
    # Of B = M'M / C, W B^+ needs the residuals along the right singular vectors of M alone.
    _, singular, directions = np.linalg.svd(between, full_matrices=False)
    kept = singular > singular.max(initial=0.0) * max(between.shape) * STATES_EPSILON
    return directions[kept] / singular[kept, None] if kept.any() else None  # C of B cancels the 1 / C


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
