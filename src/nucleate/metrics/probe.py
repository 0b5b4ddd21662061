"""How well a factor can be read off the states by a linear probe.

This module hides that nothing is tested on what it was fitted to. The probe is tested on instructions that
it has not seen, fold by fold.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from nucleate.lazy import Bool, Float, Int
from nucleate.resampling.bootstrap import number_from_zero

N_FOLDS = 5
RIDGE = 1e-2
"""Penalty of the probe, as a share of the mean variance of a coordinate."""


class Probe:
    """Ridge regression on one-hot labels, each fold of instructions answered from the others.

    What it takes to solve for weights does not depend on the labels: it is done once, and every factor and
    every permutation of labels is a product with it, one for all sites.
    """

    def __init__(
        self, points: Float[np.ndarray, "site example d"], units: Int[np.ndarray, " example"], seed: int
    ) -> None:
        numbered = number_from_zero(units)
        n_units = int(numbered.max()) + 1
        folds = np.random.default_rng(seed).permutation(np.arange(n_units) % N_FOLDS)[numbered]
        self._n_sites = len(points)
        self._folds = [
            (folds == fold, [_solver(own[folds != fold], own[folds == fold]) for own in points])
            for fold in range(min(N_FOLDS, n_units))
            if n_units > 1
        ]

    def right(self, labels: Int[np.ndarray, " example"]) -> Bool[np.ndarray, "site example"]:
        """Which examples the probe of each site answers right."""
        return self._right(labels[None])[:, 0]

    def shares_right(
        self, permuted: Int[np.ndarray, "permutation example"]
    ) -> Float[np.ndarray, "site permutation"]:
        """The share that a probe answers right which is fitted to, and tested on, permuted labels."""
        return self._right(permuted).mean(axis=2)

    def _right(self, labels: Int[np.ndarray, "fit example"]) -> Bool[np.ndarray, "site fit example"]:
        names, flat = np.unique(labels, return_inverse=True)
        numbered = flat.reshape(labels.shape)
        columns = numbered + np.arange(len(labels))[:, None] * len(names)
        right = np.zeros((self._n_sites, *labels.shape), dtype=bool)
        for test, sites in self._folds:
            targets = _one_hot(columns[:, ~test], labels.shape[0] * len(names))
            shares = np.asarray(targets.sum(axis=1)) / targets.shape[1]
            # Sums over the columns of one label; centering the targets takes their share of all columns off.
            sums = targets @ np.concatenate([solved for solved, _ in sites], axis=1)
            every = np.split(sums, self._n_sites, axis=1)
            for own, weights, (solved, points) in zip(right, every, sites, strict=True):
                answers = (weights - shares[:, None] * solved.sum(axis=0)) @ points + shares[:, None]
                found = answers.reshape(len(labels), len(names), -1).argmax(axis=1)
                own[:, test] = found == numbered[:, test]
        return right


def _one_hot(columns: Int[np.ndarray, "fit train"], n_columns: int) -> csr_array:
    """One-hot targets of every fit, [fit and label, train]; a product with them is a sum by label."""
    n_fits, n_train = columns.shape
    examples = np.tile(np.arange(n_train), n_fits)
    ones = np.ones(columns.size, dtype=np.float32)
    return csr_array((ones, (columns.ravel(), examples)), shape=(n_columns, n_train))


def _solver(
    train: Float[np.ndarray, "train d"], test: Float[np.ndarray, "test d"]
) -> tuple[Float[np.ndarray, "train d"], Float[np.ndarray, "d test"]]:
    """What leads from centered targets to the weights of a ridge regression, and the centered test points."""
    offset = train.mean(axis=0, dtype=np.float64)
    train, test = train - offset, test - offset
    penalty = RIDGE * max(float(np.square(train).sum()) / train.shape[1], np.finfo(float).tiny)
    if len(train) < train.shape[1]:  # the same weights from the smaller of two systems
        kernel = train @ train.T
        solved = np.linalg.solve(kernel + penalty * np.eye(len(kernel)), train)
    else:
        gram = train.T @ train
        solved = np.linalg.solve(gram + penalty * np.eye(len(gram)), train.T).T
    return solved.astype(np.float32), test.T.astype(np.float32)
