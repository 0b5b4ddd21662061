"""Ways to cluster, behind one small protocol.

This module hides what each method calls its result. Every method takes a block of points per site and gives
the clusters of every start, with a figure by which starts are told apart, lowest best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from nucleate.kmeans.breathing import MANY_BREATHS
from nucleate.kmeans.kmeans import kmeans
from nucleate.lazy import Float, Int, lazy
from nucleate.metrics.agreement.rand_index import adjusted_rand_index
from nucleate.metrics.centroids import nearest_center
from nucleate.metrics.label_geometry import silhouettes

cluster = lazy("sklearn.cluster")
mixture = lazy("sklearn.mixture")

NUMBERS_OF_CLUSTERS = (2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 56, 80, 112, 160)
"""Numbers of clusters that `kmeans_auto` chooses from, each about 1.4 times the one before."""

LEAST_CLUSTER = 5
"""Examples that make a cluster for HDBSCAN, scikit-learn's own choice."""

GLANCED_EXAMPLES = 400
"""Enough to see while a training runs how agreement climbs."""


@dataclass(frozen=True)
class Clusters:
    """What one method found at every site.

    Attributes:
        labels: the cluster of each example.
        inertia: by which starts are told apart, lowest best.
        n_clusters: how many clusters were asked for or, where that was left to the data, found.
        centers: where clusters lie, for methods that have centers.
    """

    labels: Int[np.ndarray, "site start example"]
    inertia: Float[np.ndarray, "site start"]
    n_clusters: tuple[int, ...]
    centers: Float[np.ndarray, "site start cluster d"] | None = None


@runtime_checkable
class Method(Protocol):
    """A way to cluster; `n_clusters` may be left aside where the method finds its own number."""

    def __call__(
        self, points: Float[np.ndarray, "site example d"], n_clusters: int, *, n_init: int, seed: int
    ) -> Clusters: ...


def by_kmeans(
    points: Float[np.ndarray, "site example d"], n_clusters: int, *, n_init: int, seed: int
) -> Clusters:
    """k-means from `n_init` starts."""
    found = kmeans(points, n_clusters, n_init=n_init, seed=seed)
    return Clusters(found.labels, found.inertia, (n_clusters,) * len(points), found.centers)


def by_settled_kmeans(
    points: Float[np.ndarray, "site example d"], n_clusters: int, *, n_init: int, seed: int
) -> Clusters:
    """k-means from `n_init` starts that breathe for as long as it helps: for what claims rest on."""
    found = kmeans(points, n_clusters, n_init=n_init, seed=seed, breaths=MANY_BREATHS)
    return Clusters(found.labels, found.inertia, (n_clusters,) * len(points), found.centers)


def by_kmeans_of_a_breath(
    points: Float[np.ndarray, "site example d"], n_clusters: int, *, n_init: int, seed: int
) -> Clusters:
    """The same in brief, for halves: one breath does most of what all do, for a third of their time."""
    found = kmeans(points, n_clusters, n_init=n_init, seed=seed, breaths=1)
    return Clusters(found.labels, found.inertia, (n_clusters,) * len(points), found.centers)


def assign(points: Float[np.ndarray, "site example d"], fitted: Clusters) -> Clusters:
    """The clusters of other points: those of the nearest center, for every start that was fitted."""
    assert fitted.centers is not None, "only methods with centers can place other points"
    labels = [
        [nearest_center(own, centers) for centers in starts]
        for own, starts in zip(points, fitted.centers, strict=True)
    ]
    return Clusters(np.array(labels), fitted.inertia, fitted.n_clusters, fitted.centers)


def _by_kmeans_auto(
    points: Float[np.ndarray, "site example d"],
    n_clusters: int,
    *,
    n_init: int,
    seed: int,
) -> Clusters:
    """k-means with the number of clusters whose best start has the largest silhouette, site by site."""
    candidates = [k for k in NUMBERS_OF_CLUSTERS if k < len(points[0])]
    found = [by_kmeans(points, k, n_init=n_init, seed=seed) for k in candidates]
    labels, inertia, chosen = [], [], []
    for site, own in enumerate(points):
        best = {str(i): each.labels[site, each.inertia[site].argmin()] for i, each in enumerate(found)}
        silhouette = np.nan_to_num(list(silhouettes(own, best).values()), nan=-1.0)
        winner = found[int(silhouette.argmax())]
        labels.append(winner.labels[site])
        inertia.append(winner.inertia[site])
        chosen.append(winner.n_clusters[site])
    return Clusters(np.stack(labels), np.stack(inertia), tuple(chosen))


def _by_ward(
    points: Float[np.ndarray, "site example d"],
    n_clusters: int,
    *,
    n_init: int,
    seed: int,
) -> Clusters:
    """Agglomerative clustering by Ward's criterion: no starts, nothing random."""
    return _site_by_site(
        points, lambda own: (cluster.AgglomerativeClustering(n_clusters).fit_predict(own), 0.0)
    )


def _by_gaussian_mixture(
    points: Float[np.ndarray, "site example d"],
    n_clusters: int,
    *,
    n_init: int,
    seed: int,
) -> Clusters:
    """The likeliest component of a mixture of Gaussians with diagonal covariances, one start.

    Points are rescaled as a whole, so that the floor under variances means the same at every site.
    """

    def fit(own: np.ndarray) -> tuple[np.ndarray, float]:
        scaled = (own - own.mean(axis=0)) / (own.std() or 1.0)
        found = mixture.GaussianMixture(
            n_clusters, covariance_type="diag", reg_covar=1e-3, max_iter=300, random_state=seed % 2**32
        )
        return found.fit_predict(scaled.astype(np.float64)), -float(found.lower_bound_)

    return _site_by_site(points, fit)


def _by_hdbscan(
    points: Float[np.ndarray, "site example d"],
    n_clusters: int,
    *,
    n_init: int,
    seed: int,
) -> Clusters:
    """Dense regions, as many as there are; an example in none of them is a cluster of its own."""

    def fit(own: np.ndarray) -> tuple[np.ndarray, float]:
        least = max(2, min(LEAST_CLUSTER, len(own)))
        labels = cluster.HDBSCAN(min_cluster_size=least, copy=True).fit_predict(own).astype(np.int64)
        noise = labels < 0
        labels[noise] = labels.max() + 1 + np.arange(noise.sum())
        return labels, 0.0

    found = _site_by_site(points, fit)
    sizes = (np.bincount(labels[0]) for labels in found.labels)
    dense = tuple(int((size >= LEAST_CLUSTER).sum()) for size in sizes)
    return Clusters(found.labels, found.inertia, dense)


def _site_by_site(
    points: Float[np.ndarray, "site example d"], fit: Callable[[np.ndarray], tuple[np.ndarray, float]]
) -> Clusters:
    labels, inertia = zip(*(fit(own) for own in points), strict=True)
    found = np.stack(labels)[:, None].astype(np.int64)
    return Clusters(found, np.array(inertia)[:, None], tuple(len(np.unique(own)) for own in found))


def agreement_at_a_glance(
    points: Float[np.ndarray, "site example d"], labels: Int[np.ndarray, " example"], n_init: int
) -> list[float]:
    """The adjusted Rand index of labels and as many clusters, for each site: for the eye, and for no table.

    Plain starts would end apart from one checkpoint to the next, and what falls then is the luck of k-means.
    """
    found = kmeans(points, len(np.unique(labels)), n_init=n_init, seed=0, breaths=MANY_BREATHS)
    return [adjusted_rand_index(labels, clusters) for clusters in found.best_labels]


METHODS: dict[str, Method] = {
    "kmeans": by_kmeans,
    "kmeans_auto": _by_kmeans_auto,
    "ward": _by_ward,
    "gaussian_mixture": _by_gaussian_mixture,
    "hdbscan": _by_hdbscan,
}
LEFT_TO_DATA = ("kmeans_auto", "hdbscan")
"""Methods that do not look at the number of clusters asked for."""
