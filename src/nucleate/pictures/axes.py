"""Axes of the plane that states are drawn in: of largest variance, or those that part given labels best.

This module hides how the axes of one run can be compared with those of another. Signs are fixed, and where
states have fewer directions than two, the axes that are missing are zero.
"""

from __future__ import annotations

import numpy as np

from nucleate.lazy import Float, Int, lazy

covariance = lazy("sklearn.covariance")

_MOST_DIRECTIONS = 50
"""Principal directions among which discriminant axes are looked for: few enough for a few hundred points."""
_LEAST_SHARE = 1e-6
"""Of the largest deviation: what has less is numerical noise, no direction of the states."""


def principal_axes(points: Float[np.ndarray, "site point n_embd"]) -> Float[np.ndarray, "site n_embd 2"]:
    """The two directions of largest variance; of each, the largest entry is positive."""
    centered = points - points.mean(axis=1, keepdims=True)
    axes = np.zeros((len(points), points.shape[2], 2), dtype=np.float32)
    for index, block in enumerate(centered):
        _, _, directions = np.linalg.svd(block, full_matrices=False)
        axes[index] = _signed(directions[:2].T, axes.shape[1])
    return axes


def discriminant_axes(
    points: Float[np.ndarray, "site point n_embd"], labels: Int[np.ndarray, " point"]
) -> Float[np.ndarray, "site n_embd 2"]:
    """The two directions that part the labels best, in units of the spread within a label.

    They use the labels: points of labels that mean nothing lie apart too where dimensions are many. So they
    are to be fitted on other points than those in question.

    Source: Fisher (1936); the covariance within labels shrunk after Ledoit and Wolf (2004).
    """
    axes = np.zeros((len(points), points.shape[2], 2), dtype=np.float32)
    for index, block in enumerate(points):
        axes[index] = _signed(_discriminants(block.astype(np.float64), labels), points.shape[2])
    return axes


def _discriminants(
    points: Float[np.ndarray, "point n_embd"], labels: Int[np.ndarray, " point"]
) -> Float[np.ndarray, "n_embd few"]:
    centered = points - points.mean(axis=0)
    _, deviations, directions = np.linalg.svd(centered, full_matrices=False)
    n_kept = min(_MOST_DIRECTIONS, int((deviations > deviations[0] * _LEAST_SHARE).sum()))
    # Of equal spread: shrinking would drown directions of little variance that part the labels.
    kept = directions[:n_kept].T / deviations[:n_kept] * np.sqrt(len(points))
    known, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if not 1 < len(known) < len(labels) or not kept.shape[1]:
        return np.zeros((points.shape[1], 0))
    x = centered @ kept
    means = (np.eye(len(known))[index].T @ x) / counts[:, None]
    shrunk, _ = covariance.ledoit_wolf(x - means[index], assume_centered=True)
    sizes, directions = np.linalg.eigh(shrunk)
    whitening = directions / np.sqrt(np.maximum(sizes, sizes[-1] * _LEAST_SHARE))
    weighted = (means @ whitening) * np.sqrt(counts)[:, None]
    best = np.linalg.svd(weighted, full_matrices=False)[2][: min(2, len(known) - 1)].T
    return kept @ whitening @ best


def _signed(directions: Float[np.ndarray, "n_embd few"], n_embd: int) -> Float[np.ndarray, "n_embd 2"]:
    """Two columns; of each, the largest entry is positive."""
    columns = np.zeros((n_embd, 2))
    for index, direction in enumerate(directions.T[:2]):
        columns[:, index] = direction * np.sign(direction[np.abs(direction).argmax()])
    return columns
