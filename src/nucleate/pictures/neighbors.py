"""What lies near a state in the full space, where no picture distorts it.

This module hides distances of all pairs of a few hundred points, and that a point is no neighbor of its
own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nucleate.lazy import Float, Int, lazy
from nucleate.metrics.centroids import Centroids

pairwise = lazy("sklearn.metrics.pairwise")

N_NEAREST = 10


@dataclass(frozen=True)
class Neighbors:
    """Neighbors and centroids of some points at every site.

    Attributes:
        nearest: the points nearest to each, the nearest first.
        to_own: distance to the centroid of the point's own label.
        to_other: to the nearest centroid of another label.
    """

    nearest: Int[np.ndarray, "site point near"]
    to_own: Float[np.ndarray, "site point"]
    to_other: Float[np.ndarray, "site point"]

    def by_site(self) -> Iterator[dict[str, np.ndarray]]:
        """The rows of a table, in the order of the sites."""
        for nearest, own, other in zip(self.nearest, self.to_own, self.to_other, strict=True):
            yield {"nearest": nearest.ravel(), "to_own": own, "to_other": other}


def neighbors_of(
    points: Float[np.ndarray, "site all n_embd"], labels: Int[np.ndarray, " all"], n_points: int
) -> Neighbors:
    """Of the first `n_points`: neighbors among themselves, centroids of all points.

    Raises:
        LabelsError: there is a single label.
    """
    few = points[:, :n_points].astype(np.float64)
    distances = np.stack([pairwise.euclidean_distances(block) for block in few])
    distances[:, np.arange(n_points), np.arange(n_points)] = np.inf
    nearest = np.argsort(distances, axis=2, kind="stable")[:, :, : min(N_NEAREST, n_points - 1)]
    centroids = Centroids.of(points, labels)
    away, own = centroids.distances(points[:, :n_points]), centroids.index_of(labels[:n_points])
    to_own = away[:, np.arange(n_points), own]
    away[:, np.arange(n_points), own] = np.inf
    return Neighbors(nearest, to_own, away.min(axis=2))
