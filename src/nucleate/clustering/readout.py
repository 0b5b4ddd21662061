"""How well a factor can be read off the states: by the nearest centroid, and by a linear probe.

Hidden here: that nothing is tested on what it was fitted to. Centroids come from the training split and are
tested on others; the probe is tested on instructions that it has not seen, fold by fold.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from nucleate.clustering.resampling import number_from_zero

N_FOLDS = 5
RIDGE = 1e-2
"""Penalty of the probe, as a share of the mean variance of a coordinate."""


def nearest_centroid_right(
    train_points: Float[np.ndarray, "train d"],
    train_labels: Int[np.ndarray, " train"],
    points: Float[np.ndarray, "example d"],
    labels: Int[np.ndarray, " example"],
) -> Bool[np.ndarray, " example"]:
    """Which examples lie nearest to the training mean of their own label; one not trained is never right."""
    known, numbered = np.unique(train_labels, return_inverse=True)
    one_hot = np.eye(len(known))[numbered]
    offset = train_points.mean(axis=0, dtype=np.float64)  # far from the origin squares lose digits
    centroids = one_hot.T @ (train_points - offset) / one_hot.sum(axis=0)[:, None]
    nearest = (np.square(centroids).sum(axis=1) - 2 * (points - offset) @ centroids.T).argmin(axis=1)
    return known[nearest] == labels


class Probe:
    """Ridge regression on one-hot labels, each fold of instructions answered from the others.

    What it takes to solve for weights does not depend on the labels: it is done once, and every factor and
    every permutation of labels is a product with it.
    """

    def __init__(
        self, points: Float[np.ndarray, "example d"], units: Int[np.ndarray, " example"], seed: int
    ) -> None:
        numbered = number_from_zero(units)
        n_units = int(numbered.max()) + 1
        folds = np.random.default_rng(seed).permutation(np.arange(n_units) % N_FOLDS)[numbered]
        self._folds = [
            (folds == fold, *_solver(points[folds != fold], points[folds == fold]))
            for fold in range(min(N_FOLDS, n_units))
            if n_units > 1
        ]

    def right(self, labels: Int[np.ndarray, " example"]) -> Bool[np.ndarray, " example"]:
        """Which examples the probe answers right."""
        return self._right(labels[None])[0]

    def shares_right(
        self, permuted: Int[np.ndarray, "permutation example"]
    ) -> Float[np.ndarray, " permutation"]:
        """The share that a probe answers right which is fitted to, and tested on, permuted labels."""
        return self._right(permuted).mean(axis=1)

    def _right(self, labels: Int[np.ndarray, "fit example"]) -> Bool[np.ndarray, "fit example"]:
        names, flat = np.unique(labels, return_inverse=True)
        numbered = flat.reshape(labels.shape)
        targets = np.eye(len(names))[numbered.T].reshape(labels.shape[1], -1)
        right = np.zeros(labels.shape, dtype=bool)
        for test, solved, points in self._folds:
            shares = targets[~test].mean(axis=0)
            answers = points @ (solved @ (targets[~test] - shares)) + shares
            found = answers.reshape(len(points), len(labels), len(names)).argmax(axis=2)
            right[:, test] = numbered[:, test] == found.T
        return right


def _solver(
    train: Float[np.ndarray, "train d"], test: Float[np.ndarray, "test d"]
) -> tuple[Float[np.ndarray, "d train"], Float[np.ndarray, "test d"]]:
    """What leads from centred targets to the weights of a ridge regression, and the centred test points."""
    offset = train.mean(axis=0, dtype=np.float64)
    train, test = train - offset, test - offset
    gram = train.T @ train
    penalty = RIDGE * max(float(np.trace(gram)) / len(gram), np.finfo(float).tiny)
    return np.linalg.solve(gram + penalty * np.eye(len(gram)), train.T), test
