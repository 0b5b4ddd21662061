"""The gradient descent of t-SNE over all pairs of points.

This module hides that every force is a matrix product. With weights w of pairs, the force on a point is the
sum of w (y_i - y_j), which is y_i times a row's sum less a product with y; blocks of rows stay in cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import sparray, spmatrix

from nucleate.lazy import Float

ALL_PAIRS = 3000
"""Points up to which the sum over all pairs is quicker than a tree."""

BLOCK_BYTES = 2**19
"""Pairs worked on at once."""


@dataclass(frozen=True)
class Phase:
    """Iterations of one kind.

    Attributes:
        n_iter: how many.
        exaggeration: by which attraction is multiplied.
        momentum: share of the last step that goes into the next.
    """

    n_iter: int
    exaggeration: float
    momentum: float


def descend(
    affinities: sparray | spmatrix, start: Float[np.ndarray, "example 2"], phases: Sequence[Phase]
) -> Float[np.ndarray, "example 2"]:
    """The picture at the end of all phases, with openTSNE's step sizes and gains.

    Args:
        affinities: of pairs, symmetric, with a sum of 1.
        start: the picture to begin with.
        phases: one after the other, each beginning at rest.

    Source: van der Maaten and Hinton (2008); Jacobs (1988) for the gains; Belkina et al. (2019),
    "Automated optimized parameters for t-SNE", for the learning rate of n / exaggeration.
    """
    forces = AllPairs(affinities)
    picture = np.ascontiguousarray(start.T, dtype=np.float32)
    for phase in phases:
        rate = np.float32(picture.shape[1] / phase.exaggeration)
        step, gains = np.zeros_like(picture), np.ones_like(picture)
        for _ in range(phase.n_iter):
            gradient = forces.gradient(picture, phase.exaggeration)
            # A gain grows while its coordinate goes downhill and shrinks where it has gone too far.
            gains = np.where(
                np.sign(step) == np.sign(gradient), gains * np.float32(0.8), gains + np.float32(0.2)
            )
            gains = np.maximum(gains, np.float32(0.01))
            step = phase.momentum * step - rate * gains * gradient
            picture = picture + step
            picture -= picture.mean(axis=1, keepdims=True)
    return picture.T.astype(np.float64)


class AllPairs:
    """The forces between all pairs of points with given affinities."""

    def __init__(self, affinities: sparray | spmatrix) -> None:
        self._affinities = affinities.toarray().astype(np.float32)
        n_examples = len(self._affinities)
        n_rows = min(n_examples, max(1, BLOCK_BYTES // (4 * n_examples)))
        self._blocks = [slice(at, min(at + n_rows, n_examples)) for at in range(0, n_examples, n_rows)]
        self._rooms = np.empty((2, n_rows, n_examples), dtype=np.float32)

    def gradient(
        self, picture: Float[np.ndarray, "2 example"], exaggeration: float
    ) -> Float[np.ndarray, "2 example"]:
        """A quarter of the divergence's gradient, as openTSNE has it, with exaggerated attraction."""
        norms, ones = np.einsum("dn,dn->n", picture, picture)[None], np.ones_like(picture[:1])
        sources = np.concatenate([-2 * picture, ones, norms + 1]).T.copy()
        targets, moments = np.concatenate([picture, norms, ones]), np.concatenate([picture, ones])
        attraction, repulsion, mass = np.zeros_like(moments), np.zeros_like(moments), 0.0
        for rows in self._blocks:
            near, weights = self._rooms[:, : rows.stop - rows.start]
            np.matmul(sources[rows], targets, out=near)  # 1 + squared distance
            np.reciprocal(near, out=near)
            np.multiply(self._affinities[rows], near, out=weights)
            attraction += moments[:, rows] @ weights
            mass += float(np.einsum("rn->", near))
            np.multiply(near, near, out=near)
            repulsion += moments[:, rows] @ near
        mass -= picture.shape[1]  # a point does not push itself
        both = np.float32(exaggeration) * attraction - repulsion / np.float32(mass)
        return both[2] * picture - both[:2]
