"""k-means over many layers, with all starts of a layer at once.

Hidden here: greedy seeding, Lloyd's iterations and their numerics, which together reach scikit-learn's
inertia several times faster on the sizes of an analysis. Every start advances in the same matrix
product and leaves when it has converged. Members of the batch keep apart, one per thread: the
distances of one fit the processor's cache, and no result can depend on which others came along.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from nucleate.errors import LabelsError

BLOCK_BYTES = 2**22
"""Distances held at once while points are assigned: they stay in cache, whatever the number of points."""

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
    device: str = "cpu",
) -> KMeansResult:
    """Cluster each member of a batch on its own, from `n_init` greedy k-means++ starts.

    A member's result is a pure function of its points and the other arguments: all members see the
    same random numbers, which makes layers comparable. Computed in float32 on centred, rescaled points.

    Args:
        points: one block of points per member, for instance per layer.
        n_clusters: at least 1 and at most the number of examples.
        seed: of the starts.
        n_init: number of starts.
        max_iter: Lloyd iterations at most.
        tol: a start has converged when its centers move by less than this share of the points' mean
            variance (squared distance, summed over centers), as in scikit-learn.
        device: where torch computes.

    Raises:
        LabelsError: more clusters than examples, no start, or a point that is not finite.

    Source: Lloyd (1982), "Least squares quantization in PCM"; Arthur and Vassilvitskii (2007),
    "k-means++: the advantages of careful seeding", with the greedy candidates of scikit-learn.
    """
    _check(points, n_clusters, n_init)
    cluster = partial(
        _cluster, n_clusters=n_clusters, seed=seed, n_init=n_init, max_iter=max_iter, tol=tol, device=device
    )
    members = _each(points, cluster)
    labels, inertia, centers = (np.stack(part) for part in zip(*members, strict=True))
    return KMeansResult(labels, inertia, centers)


def _each(
    points: Float[np.ndarray, "batch example d"], cluster: Callable[[np.ndarray], Clustering]
) -> list[Clustering]:
    """Cluster the members side by side, each on its share of torch's threads.

    Threads that share one small operation wait for each other at its end: it gains little on idle
    cores, and on busy ones such waits were seen to cost a hundred times the work.
    """
    n_threads = torch.get_num_threads()
    n_workers = min(n_threads, len(points))
    share = (n_threads // n_workers,)
    with ThreadPoolExecutor(n_workers, initializer=torch.set_num_threads, initargs=share) as workers:
        members = list(workers.map(cluster, points))
    torch.set_num_threads(n_threads)  # else threads that start later would inherit the workers' share
    return members


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
    points: Float[np.ndarray, "example d"],
    n_clusters: int,
    *,
    seed: int,
    n_init: int,
    max_iter: int,
    tol: float,
    device: str,
) -> Clustering:
    """Labels, inertia and centers of every start for one member of the batch."""
    # A far-off mean or an extreme scale would cost float32 the digits in which distances differ.
    mean = points.mean(axis=0, dtype=np.float64)
    centred = np.subtract(points, mean, dtype=np.promote_types(points.dtype, np.float32))
    scale = math.sqrt(np.square(centred, dtype=np.float64).mean()) or 1.0
    scaled = torch.from_numpy((centred / scale).astype(np.float32)).to(device)

    centers = _seed(scaled, n_clusters, n_init, np.random.default_rng(seed))
    centers = _iterate(scaled, centers, max_iter, tol)
    labels, inertia = _assign(scaled, centers)
    return labels.cpu().numpy(), inertia.cpu().numpy() * scale**2, centers.cpu().numpy() * scale + mean


def _seed(points: Tensor, n_clusters: int, n_init: int, rng: np.random.Generator) -> Tensor:
    """Greedy k-means++: of a few points drawn by squared distance, the one that lowers the inertia most.

    Returns: centers [start, cluster, d].
    """
    n_examples = len(points)
    n_candidates = 2 + int(math.log(n_clusters))
    draws = torch.from_numpy(rng.random((n_clusters, n_init, n_candidates), dtype=np.float32)).to(
        points.device
    )
    norms = points.square().sum(1)
    starts = torch.arange(n_init, device=points.device)
    chosen = [(draws[0, :, 0] * n_examples).long().clamp_(max=n_examples - 1)]
    nearest = _distances(points, norms, chosen[0][:, None]).squeeze(1)
    for draw in draws[1:]:
        nearest[starts, chosen[-1]] = 0.0  # else rounding could choose a point twice
        mass = nearest.cumsum(1)
        candidates = torch.searchsorted(mass, draw * mass[:, -1:], right=True).clamp_(max=n_examples - 1)
        after = torch.minimum(nearest[:, None], _distances(points, norms, candidates))
        best = after.sum(2).argmin(1)
        nearest = after[starts, best]
        chosen.append(candidates[starts, best])
    return points[torch.stack(chosen, dim=1)]


def _distances(points: Tensor, norms: Tensor, candidates: Tensor) -> Tensor:
    """Squared distance [start, candidate, example] of all points to those that `candidates` index."""
    flat = candidates.flatten()
    squared = torch.addmm(norms, points[flat], points.T, alpha=-2) + norms[flat, None]
    return squared.clamp_(min=0).view(*candidates.shape, -1)


def _iterate(points: Tensor, centers: Tensor, max_iter: int, tol: float) -> Tensor:
    """Lloyd's algorithm; a start that has converged costs no further work."""
    active = torch.arange(len(centers), device=centers.device)
    for _ in range(max_iter):
        before = centers[active]
        after = _means(points, before)
        centers[active] = after
        moved = (after - before).square().sum((1, 2))
        active = active[moved > tol]  # the points' mean variance is 1
        if not len(active):
            break
    return centers


def _means(points: Tensor, centers: Tensor) -> Tensor:
    """The mean of the points that are nearest to each center; empty clusters move to far-off points."""
    sums = torch.zeros_like(centers)
    counts = centers.new_zeros(centers.shape[:2])
    for block in _blocks(points, centers):
        block_sums, block_counts = _sums(block, _nearest(block, centers)[1], centers)
        sums += block_sums
        counts += block_counts
    for start in (counts == 0).any(1).nonzero().flatten():
        _relocate(points, centers[start], sums[start], counts[start])
    occupied = counts > 0
    return torch.where(occupied[..., None], sums / counts.clamp(min=1)[..., None], centers)


def _sums(points: Tensor, labels: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Sum [start, cluster, d] and number [start, cluster] of the points in each cluster."""
    n_starts, n_clusters, _ = centers.shape
    bags = (labels + torch.arange(n_starts, device=labels.device)[:, None] * n_clusters).flatten()
    counts = bags.bincount(minlength=n_starts * n_clusters)
    # A cluster is a bag of rows: gathering it costs less than a product with one-hot labels, and the
    # order of addition, unlike that of a scatter, is fixed on every device.
    members = bags.argsort(stable=True) % len(points)
    sums = torch.nn.functional.embedding_bag(members, points, counts.cumsum(0) - counts, mode="sum")
    return sums.view_as(centers), counts.view(n_starts, n_clusters)


def _relocate(points: Tensor, centers: Tensor, sums: Tensor, counts: Tensor) -> None:
    """Give each empty cluster of one start a point far from its center, in place, as scikit-learn does."""
    labels, distances = (part[0] for part in _assign_each(points, centers[None]))
    empty = (counts == 0).nonzero().flatten()
    farthest = distances.topk(len(empty)).indices
    for cluster, point in zip(empty, farthest, strict=True):
        giver = labels[point]
        # Nothing is gained where the points are fewer than the clusters, or the giver would be empty then.
        if distances[point] == 0 or counts[giver] <= 1:
            continue
        sums[giver] -= points[point]
        sums[cluster] += points[point]
        counts[giver] -= 1
        counts[cluster] += 1


def _assign(points: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Label [start, example] of the nearest center, and inertia [start] in float64."""
    labels, distances = _assign_each(points, centers)
    return labels, distances.sum(1, dtype=torch.float64)


def _assign_each(points: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Label and squared distance [start, example] of the nearest center.

    Distances are differences squared: the expanded square would leave rounding where they are small.
    """
    labels, distances = [], []
    for block in _blocks(points, centers):
        nearest = _nearest(block, centers)[1]
        labels.append(nearest)
        # In place and start by start: fresh megabytes cost more than the arithmetic.
        offsets = (own[label].sub_(block) for own, label in zip(centers, nearest, strict=True))
        distances.append(torch.stack([offset.square_().sum(1) for offset in offsets]))
    return torch.cat(labels, 1), torch.cat(distances, 1)


def _nearest(points: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distance less the point's own norm, and label, both [start, example], of the nearest center."""
    flat = centers.flatten(0, 1)
    scores = torch.addmm(flat.square().sum(1, keepdim=True), flat, points.T, alpha=-2)
    return torch.min(scores.view(*centers.shape[:2], -1), dim=1)


def _blocks(points: Tensor, centers: Tensor) -> tuple[Tensor, ...]:
    """The points in blocks whose distances to all centers take no more than BLOCK_BYTES."""
    return points.split(max(1, BLOCK_BYTES // (4 * centers.shape[0] * centers.shape[1])))
