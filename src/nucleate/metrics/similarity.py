"""How alike two descriptions of the same examples are, whatever their widths and axes.

This module hides that sites of one model are compared with all sites of another at once, by their Gram
matrices; and that the index is the unbiased one, which is about 0 for states that have nothing to do with
each other however few examples there are.
"""

from __future__ import annotations

import numpy as np

from nucleate.lazy import Float, Int, lazy

stats = lazy("scipy.stats")

FEWEST_EXAMPLES = 4
"""The unbiased index divides by n - 3."""
FEWEST_CLASSES = 4
"""Three classes have three distances, whose order says next to nothing."""


def cka(
    first: Float[np.ndarray, "site example d"], second: Float[np.ndarray, "place example e"]
) -> Float[np.ndarray, "site place"]:
    """Linear centered kernel alignment of every site of one with every site of the other.

    Returns: 1 where states are the same up to rotation, shift and scale, about 0 where they have nothing
        to do with each other; NaN where all states of a site are one.

    Source: Kornblith et al. (2019), "Similarity of neural network representations revisited"; the unbiased
    estimate of Song et al. (2012), as in Nguyen et al. (2021).
    """
    if first.shape[1] < FEWEST_EXAMPLES:
        return np.full((len(first), len(second)), np.nan)
    one, other = _grams(first), _grams(second)
    own = [
        np.array([_independence(gram[None], gram[None])[0, 0] for gram in grams]) for grams in (one, other)
    ]
    scale = np.sqrt(np.clip(own[0], 0, None)[:, None] * np.clip(own[1], 0, None)[None])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, _independence(one, other) / scale, np.nan)


def class_rsa(
    first: Float[np.ndarray, "site example d"],
    second: Float[np.ndarray, "place example e"],
    labels: Int[np.ndarray, " example"],
) -> Float[np.ndarray, "site place"]:
    """Whether classes that lie far apart in one lie far apart in the other.

    Rank correlation of the distances between all pairs of class means; NaN for fewer than four classes, or
    where all distances are one.

    Source: Kriegeskorte et al. (2008), "Representational similarity analysis".
    """
    names = np.unique(labels)
    if len(names) < FEWEST_CLASSES:
        return np.full((len(first), len(second)), np.nan)
    ranks = [
        np.stack([_distance_ranks(states, labels, names) for states in sites]) for sites in (first, second)
    ]
    centered = [one - one.mean(axis=1, keepdims=True) for one in ranks]
    lengths = [np.linalg.norm(one, axis=1) for one in centered]
    scale = lengths[0][:, None] * lengths[1][None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, centered[0] @ centered[1].T / scale, np.nan)


def _grams(states: Float[np.ndarray, "site example d"]) -> Float[np.ndarray, "site example example"]:
    """Inner products of centered states of mean square one; an example with itself counts for none."""
    centered = states.astype(np.float64) - states.mean(axis=1, keepdims=True, dtype=np.float64)
    size = np.sqrt(np.square(centered).mean(axis=(1, 2), keepdims=True))
    scaled = np.divide(centered, size, out=np.zeros_like(centered), where=size > 0)
    grams = scaled @ scaled.transpose(0, 2, 1)
    grams[:, np.arange(grams.shape[1]), np.arange(grams.shape[1])] = 0.0
    return grams


def _independence(
    one: Float[np.ndarray, "site example example"], other: Float[np.ndarray, "place example example"]
) -> Float[np.ndarray, "site place"]:
    """The unbiased Hilbert-Schmidt independence criterion of Gram matrices without their diagonals."""
    n = one.shape[1]
    rows, columns = one.sum(axis=2), other.sum(axis=2)
    together = one.reshape(len(one), -1) @ other.reshape(len(other), -1).T
    totals = rows.sum(axis=1)[:, None] * columns.sum(axis=1)[None] / ((n - 1) * (n - 2))
    return (together + totals - 2.0 / (n - 2) * (rows @ columns.T)) / (n * (n - 3))


def _distance_ranks(
    states: Float[np.ndarray, "example d"],
    labels: Int[np.ndarray, " example"],
    names: Int[np.ndarray, " class"],
) -> Float[np.ndarray, " pair"]:
    means = np.stack([states[labels == name].mean(axis=0, dtype=np.float64) for name in names])
    above = np.triu_indices(len(names), 1)
    distances = np.linalg.norm(means[above[0]] - means[above[1]], axis=1)
    return stats.rankdata(np.round(distances / max(distances.max(), 1e-300), 12))
