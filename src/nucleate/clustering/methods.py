"""Ways to cluster, behind one small protocol.

Hidden here: what each method calls its result. Every method takes a block of points per site and gives
the clusters of every start, with a figure by which starts are told apart, lowest best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from jaxtyping import Float, Int

from nucleate.clustering.kmeans import kmeans

MethodName = Literal["kmeans"]


@dataclass(frozen=True)
class Clusters:
    """What one method found at every site.

    Attributes:
        labels: the cluster of each example.
        inertia: by which starts are told apart, lowest best; within clusters, in the points' unit squared.
        centers: where clusters lie, for methods that have centers.
    """

    labels: Int[np.ndarray, "site start example"]
    inertia: Float[np.ndarray, "site start"]
    centers: Float[np.ndarray, "site start cluster d"] | None = None


class Method(Protocol):
    """A way to cluster."""

    def __call__(
        self, points: Float[np.ndarray, "site example d"], n_clusters: int, *, n_init: int, seed: int
    ) -> Clusters: ...


def by_kmeans(
    points: Float[np.ndarray, "site example d"], n_clusters: int, *, n_init: int, seed: int
) -> Clusters:
    """k-means from `n_init` starts."""
    found = kmeans(points, n_clusters, n_init=n_init, seed=seed)
    return Clusters(found.labels, found.inertia, found.centers)


def assign(points: Float[np.ndarray, "site example d"], fitted: Clusters) -> Clusters:
    """The clusters of other points: those of the nearest center, for every start that was fitted."""
    assert fitted.centers is not None
    labels = [
        [_nearest(own_points, centers) for centers in starts]
        for own_points, starts in zip(points, fitted.centers, strict=True)
    ]
    return Clusters(np.array(labels), fitted.inertia, fitted.centers)


def _nearest(
    points: Float[np.ndarray, "example d"], centers: Float[np.ndarray, "cluster d"]
) -> Int[np.ndarray, " example"]:
    # Centred first: far from the origin the expanded square would lose the digits that differ.
    points, centers = points - centers.mean(axis=0), centers - centers.mean(axis=0)
    return (np.square(centers).sum(axis=1) - 2 * points @ centers.T).argmin(axis=1)


METHODS: dict[MethodName, Method] = {"kmeans": by_kmeans}
