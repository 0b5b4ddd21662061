"""What is done to states before they are clustered, fitted on the training split alone.

This module hides that every site is fitted apart, and that sites which keep fewer dimensions are filled up
with zeros, which changes no distance, so that all sites stay one block.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nucleate.lazy import Float

Points = np.ndarray
Transform = Callable[[Points], Points]

LEAST_VARIANCE = 1e-10
"""Directions with less than this share of the largest variance are rounding, and are not scaled up."""


def prepare(
    points: Float[np.ndarray, "site example d"],
    train_points: Float[np.ndarray, "site train d"],
    name: str,
    pca_components: float,
) -> Float[np.ndarray, "site example kept"]:
    """The points, prepared as `name` says, by what was fitted to `train_points`.

    Args:
        points: of any split.
        train_points: of the training split.
        name: `raw`, and every name that is not of this module, leaves all as it is; `l2` scales every
            centered state to length 1.
        pca_components: how many principal components `pca` keeps, or below 1 the share of variance that
            they hold at least.
    """
    if name not in _FITS:
        return points
    fit = _FITS[name]
    blocks = [
        fit(own_train.astype(np.float64), pca_components)(own.astype(np.float64))
        for own, own_train in zip(points, train_points, strict=True)
    ]
    widest = max(block.shape[1] for block in blocks)
    return np.stack([np.pad(block, ((0, 0), (0, widest - block.shape[1]))) for block in blocks])


def _center(train: Points, _: float) -> Transform:
    mean = train.mean(axis=0)
    return lambda points: points - mean


def _standardise(train: Points, _: float) -> Transform:
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    scale = np.where(deviation > np.sqrt(LEAST_VARIANCE) * deviation.max(), deviation, 1.0)
    return lambda points: (points - mean) / scale


def _l2(train: Points, _: float) -> Transform:
    mean = train.mean(axis=0)

    def normalize(points: Points) -> Points:
        length = np.linalg.norm(points - mean, axis=1, keepdims=True)
        return (points - mean) / np.where(length > 0, length, 1.0)

    return normalize


def _pca(train: Points, components: float) -> Transform:
    mean, variances, directions = _principal(train)
    if components >= 1:
        n_kept = int(components)
    else:
        n_kept = int(np.searchsorted(variances.cumsum() / max(variances.sum(), 1e-300), components)) + 1
    return lambda points: (points - mean) @ directions[:n_kept].T


def _whiten(train: Points, _: float) -> Transform:
    mean, variances, directions = _principal(train)
    kept = variances > LEAST_VARIANCE * variances.max()
    kept[0] = True
    scale = np.sqrt(np.where(variances > 0, variances, 1.0))[kept]
    return lambda points: (points - mean) @ directions[kept].T / scale


def _principal(train: Points) -> tuple[Points, Points, Points]:
    """Mean, variances and directions of the principal components, largest first."""
    mean = train.mean(axis=0)
    _, singular, directions = np.linalg.svd(train - mean, full_matrices=False)
    return mean, np.square(singular) / len(train), directions


_FITS: dict[str, Callable[[Points, float], Transform]] = {
    "center": _center,
    "standardise": _standardise,
    "l2": _l2,
    "pca": _pca,
    "whiten": _whiten,
}
