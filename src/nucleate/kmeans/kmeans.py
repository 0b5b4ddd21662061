"""k-means over many layers, with all starts of a layer at once.

This module hides that layers and starts go through each operation together, in float32 about their mean, as
many at a time as memory allows; where starts begin is `greedy_starts.py`'s, how they move `lloyd.py`'s,
what improves them `breathing.py`'s. No result can depend on which other members of the batch came along.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from threadpoolctl import ThreadpoolController

from nucleate.errors import LabelsError
from nucleate.kmeans.breathing import breathe
from nucleate.kmeans.greedy_starts import first_centers, members_at_once
from nucleate.kmeans.lloyd import iterate, squared_gaps
from nucleate.lazy import Float, Int
from nucleate.processes import n_threads

FIRST_ITERATIONS = 4
"""Of a start that will breathe: it need not have come to rest before."""

Clustering = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Labels, inertia and centers of every start of one member."""


@dataclass(frozen=True)
class KMeansResult:
    """The clusters that every start ended with.

    Attributes:
        labels: the cluster of each example, from 0 to `n_clusters` - 1; a cluster may be empty where
            there are fewer distinct points than clusters.
        inertia: squared distance of the points to their centers, summed; in the points' unit squared.
        centers: where the clusters lie, in the points' own coordinates.
    """

    labels: Int[np.ndarray, "batch start example"]
    inertia: Float[np.ndarray, "batch start"]
    centers: Float[np.ndarray, "batch start cluster d"]

    @property
    def best_labels(self) -> Int[np.ndarray, "batch example"]:
        """For each member of the batch the labels of its lowest-inertia start."""
        return self.labels[np.arange(len(self.labels)), self.inertia.argmin(axis=1)]


def kmeans(
    points: Float[np.ndarray, "batch example d"],
    n_clusters: int,
    *,
    seed: int,
    n_init: int = 10,
    max_iter: int = 300,
    tol: float = 1e-4,
    breaths: int = 0,
) -> KMeansResult:
    """Cluster each member of a batch on its own, from `n_init` greedy k-means++ starts.

    A member's result is a pure function of its points and the other arguments: all members see the
    same random numbers, which makes layers comparable. Computed in float32 on centered, rescaled points.

    Args:
        points: one block of points per member, for instance per layer.
        n_clusters: at least 1 and at most the number of examples.
        seed: of the starts.
        n_init: number of starts.
        max_iter: Lloyd iterations at most.
        tol: a start has converged when its centers move by less than this share of the points' mean
            variance (squared distance, summed over centers), as in scikit-learn.
        breaths: by which every start is improved at most, see `breathing.py`: a few starts of some breaths
            end lower than many of none. They end by themselves.

    Raises:
        LabelsError: more clusters than examples, no start, or a point that is not finite.

    Source: Lloyd (1982), "Least squares quantization in PCM"; Arthur and Vassilvitskii (2007),
    "k-means++: the advantages of careful seeding", with greedy candidates as in scikit-learn.
    """
    _check(points, n_clusters, n_init)
    n_workers = min(n_threads(), len(points))
    cluster = partial(_cluster, n_clusters=n_clusters, seed=seed, n_init=n_init, max_iter=max_iter, tol=tol)
    cluster = partial(cluster, breaths=breaths)
    if n_workers == 1:
        return KMeansResult(*cluster(points))
    # Threads that share one small operation wait for each other at its end: each has members of its own.
    with (
        _blas().limit(limits=n_threads() // n_workers, user_api="blas"),
        ThreadPoolExecutor(n_workers) as workers,
    ):
        found = list(workers.map(cluster, np.array_split(points, n_workers)))
    labels, inertia, centers = (np.concatenate(part) for part in zip(*found, strict=True))
    return KMeansResult(labels, inertia, centers)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _check(points: Float[np.ndarray, "batch example d"], n_clusters: int, n_init: int) -> None:
    n_members, n_examples, _ = points.shape
    if n_members < 1 or n_init < 1:
        raise LabelsError(
            f"expected at least one block of points and one start, got {n_members} and {n_init}",
            "Name a site to cluster, and set n_init to 1 or more.",
        )
    if not 1 <= n_clusters <= n_examples:
        raise LabelsError(
            f"expected between 1 and {n_examples} clusters, one per example at most, got {n_clusters}",
            "Ask for fewer clusters, or give more examples.",
        )
    if not np.isfinite(points).all():
        raise LabelsError("points to cluster are not all finite", "Look for a training run that diverged.")


def _cluster(
    points: Float[np.ndarray, "member example d"],
    *,
    n_clusters: int,
    seed: int,
    n_init: int,
    max_iter: int,
    tol: float,
    breaths: int,
) -> Clustering:
    """Labels, inertia and centers of every start, for some members of the batch."""
    size = members_at_once(points.shape[1], n_clusters, n_init)
    parts = []
    for first in range(0, len(points), size):
        scaled, means, scales = _scale(points[first : first + size])
        rng = np.random.default_rng(seed)
        chosen, labels = first_centers(scaled, n_clusters, n_init, rng)
        centers = np.stack([own[starts] for own, starts in zip(scaled, chosen, strict=True)])
        n_first = min(max_iter, FIRST_ITERATIONS) if breaths else max_iter
        iterate(scaled, centers, labels, max_iter=n_first, tol=tol)
        if breaths:
            about = _inertias(scaled, centers, labels)
            breathe(scaled, centers, labels, about, rng=rng, most=breaths, max_iter=max_iter, tol=tol)
        inertia = _inertias(scaled, centers, labels)
        parts.append((labels, inertia * scales**2, centers * scales[..., None, None] + means[:, None]))
    labels, inertia, centers = (np.concatenate(part) for part in zip(*parts, strict=True))
    return labels, inertia, centers


def _inertias(
    points: Float[np.ndarray, "member example d"],
    centers: Float[np.ndarray, "member start cluster d"],
    labels: Int[np.ndarray, "member start example"],
) -> Float[np.ndarray, "member start"]:
    members = zip(points, centers, labels, strict=True)
    return np.array(
        [
            [squared_gaps(own, *start).sum(dtype=np.float64) for start in zip(*starts, strict=True)]
            for own, *starts in members
        ]
    )


def _scale(
    points: Float[np.ndarray, "member example d"],
) -> tuple[
    Float[np.ndarray, "member example d"], Float[np.ndarray, "member 1 d"], Float[np.ndarray, "member 1"]
]:
    """Points about their mean with a mean variance of 1; the mean, and what they were divided by.

    A far-off mean or an extreme scale would cost float32 the digits in which distances differ.
    """
    means = points.mean(axis=1, keepdims=True, dtype=np.float64)
    centered = np.subtract(points, means, dtype=np.promote_types(points.dtype, np.float32))
    scales = [math.sqrt(np.square(own, dtype=np.float64).mean()) or 1.0 for own in centered]
    scaled = [
        (own / scale).astype(np.float32, copy=False) for own, scale in zip(centered, scales, strict=True)
    ]
    return np.stack(scaled), means, np.array(scales)[:, None]
