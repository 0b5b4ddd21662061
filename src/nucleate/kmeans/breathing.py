"""Breathing: clusterings that are near rest, improved by centers that come in and others that go out.

Lloyd's iterations never move a center to another part of space, so that of many starts the best one counts.
A breath splits the widest clusters, lets all centers move, and takes as many away again, those that are
missed least: on states of `quick` one start that breathes ends lower than the best of forty that do not.
Where many clusters would have to change at once it ends early too. This module hides that all starts of all
blocks of points breathe together, and that nothing but a lower inertia is kept.
"""

from __future__ import annotations

import numpy as np

from nucleate.kmeans.lloyd import blocks_of, iterate
from nucleate.lazy import Bool, Float, Int

MANY_BREATHS = 1000
"""They end by themselves long before."""

DEPTH = 8
"""Centers of one breath, which is repeated for as long as it helps."""

IN_ITERATIONS, OUT_ITERATIONS = 3, 4
"""Lloyd's iterations with centers added, and after some are gone: more of them change little that counts."""

GAIN = 1e-4
"""Share of the inertia that a breath has to gain; some more would be worth less than another start."""

ROUNDING = 1e-6
"""Share of the points' variance within which inertia is known."""

SPLIT = 0.01
"""How far from a center its twin begins, as a share of the mean distance of points from centers."""


def breathe(
    points: Float[np.ndarray, "member example d"],
    centers: Float[np.ndarray, "member start cluster d"],
    labels: Int[np.ndarray, "member start example"],
    inertia: Float[np.ndarray, "member start"],
    *,
    rng: np.random.Generator,
    most: int,
    max_iter: int,
    tol: float,
) -> None:
    """Lower the inertia of every start, in place.

    Args:
        points: float32, with a mean variance of 1 in every coordinate.
        centers: of clusterings that are near rest.
        labels: of the nearest centers.
        inertia: of these clusterings, to within rounding.
        rng: of the directions in which clusters are split, which all members share.
        most: breaths at most.
        max_iter: of Lloyd's iterations at the end.
        tol: of theirs.

    Source: Fritzke (2020), "The breathing k-means algorithm", with fewer iterations, of one depth.
    """
    n_examples, d = points.shape[1:]
    n_starts, n_clusters = centers.shape[1:3]
    n_new = min(DEPTH, n_clusters, n_examples - n_clusters)
    directions = rng.standard_normal((n_starts, n_new, d), dtype=np.float32)
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    going = np.full(inertia.shape, n_new > 0)
    for _ in range(most):
        if not going.any():
            break
        tried = _breath(points, centers, labels, inertia, going, directions, tol)
        going &= tried[2] < inertia * (1 - GAIN) - ROUNDING * n_examples * d
        for kept, found in zip((centers, labels, inertia), tried, strict=True):
            kept[going] = found[going]
    iterate(points, centers, labels, max_iter=max_iter, tol=tol)


def _breath(
    points: Float[np.ndarray, "member example d"],
    centers: Float[np.ndarray, "member start cluster d"],
    labels: Int[np.ndarray, "member start example"],
    inertia: Float[np.ndarray, "member start"],
    going: Bool[np.ndarray, "member start"],
    directions: Float[np.ndarray, "start new d"],
    tol: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centers, labels and inertia after one breath; of starts that are not going nothing that counts."""
    labels = labels.copy()
    reach = SPLIT * np.sqrt(np.maximum(inertia, 0.0) / points.shape[1]).astype(np.float32)
    twins = _widest(points, centers, labels, directions.shape[1])
    twins += reach[..., None, None] * directions
    wide = np.concatenate([centers, twins], axis=2)
    iterate(points, wide, labels, max_iter=IN_ITERATIONS, tol=tol, going=going)
    narrow = centers.copy()
    for member, start in zip(*going.nonzero(), strict=True):
        own, named = wide[member, start], labels[member, start]
        kept = _least_missed(own, _missed(points[member], own, named), directions.shape[1])
        narrow[member, start] = own[kept]
        labels[member, start] = np.where(kept, kept.cumsum() - 1, 0)[named]
    found = iterate(points, narrow, labels, max_iter=OUT_ITERATIONS, tol=tol, going=going)
    return narrow, labels, found


def _widest(
    points: Float[np.ndarray, "member example d"],
    centers: Float[np.ndarray, "member start cluster d"],
    labels: Int[np.ndarray, "member start example"],
    n_chosen: int,
) -> Float[np.ndarray, "member start chosen d"]:
    """The centers of the clusters with the largest part in the inertia."""
    n_members, n_starts, n_clusters, _ = centers.shape
    bags = labels + n_clusters * np.arange(n_members * n_starts).reshape(n_members, n_starts, 1)
    norms = np.broadcast_to(np.einsum("mnd,mnd->mn", points, points)[:, None], labels.shape)
    held = [
        np.bincount(bags.ravel(), weights, n_members * n_starts * n_clusters).reshape(centers.shape[:3])
        for weights in (None, norms.ravel())
    ]
    # Centers at rest are at the mean of their points.
    inertia = held[1] - held[0] * np.einsum("mscd,mscd->msc", centers, centers)
    chosen = np.argsort(-inertia, axis=2, kind="stable")[..., :n_chosen]
    return np.take_along_axis(centers, chosen[..., None], axis=2)


def _missed(
    points: Float[np.ndarray, "example d"],
    centers: Float[np.ndarray, "cluster d"],
    labels: Int[np.ndarray, " example"],
) -> Float[np.ndarray, " cluster"]:
    """By how much the inertia would rise without each center, if no other moved."""
    found = np.zeros(len(centers))
    norms = np.einsum("cd,cd->c", centers, centers)[:, None]
    for where, block in blocks_of(points, len(centers)):
        own, distances = labels[where], -2 * centers @ block + norms
        nearest = own, np.arange(len(own))
        least = distances[nearest]
        distances[nearest] = np.inf
        found += np.bincount(own, distances.min(axis=0) - least, len(centers))
    return found


def _least_missed(
    centers: Float[np.ndarray, "cluster d"], missed: Float[np.ndarray, " cluster"], n_out: int
) -> Bool[np.ndarray, " cluster"]:
    """Which centers are kept where the least missed go; a center whose nearest has gone is missed more."""
    norms = np.einsum("cd,cd->c", centers, centers)
    gaps = norms[:, None] + norms - 2 * centers @ centers.T
    np.fill_diagonal(gaps, np.inf)
    nearest, missed = gaps.argmin(axis=1), missed.copy()
    kept = np.ones(len(centers), dtype=bool)
    for _ in range(n_out):
        out = int(missed.argmin())
        kept[out] = False
        missed[[out, nearest[out]]] = np.inf
    return kept
