"""Lloyd's iterations, for all starts of several blocks of points at once.

This module hides that most of an iteration need not be computed. A center whose members stayed has not
moved, and neither have its distances: means and distances are taken anew for the others alone, which after
the first iterations are few. Distances are kept where there is room, and otherwise taken block by block.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from nucleate.lazy import Bool, Float, Int

BLOCK_BYTES = 2**22
"""Distances worked on at once: they stay in cache, whatever the number of points."""

KEPT_BYTES = 2**26
"""Distances of one member that are kept from one iteration to the next, at most."""


def iterate(
    points: Float[np.ndarray, "member example d"],
    centers: Float[np.ndarray, "member start cluster d"],
    labels: Int[np.ndarray, "member start example"],
    *,
    max_iter: int,
    tol: float,
    going: Bool[np.ndarray, "member start"] | None = None,
) -> Float[np.ndarray, "member start"]:
    """Move centers to the means of their points, in place, until those of every start have come to rest.

    Args:
        points: float32.
        centers: to begin with.
        labels: of the nearest of these centers; at the end, of the nearest of the last.
        max_iter: iterations at most.
        tol: a start rests when its centers move by no more than this squared distance, summed.
        going: the starts that are to move; None: all, whose labels are right. Those of the chosen ones may be
            of any center to begin with.

    Returns: the inertia of the chosen starts, to within rounding; of others nothing that counts.
    """
    distances = [_KeptDistances(own, *centers.shape[1:3]) for own in points]
    stale = np.ones(centers.shape[:3], dtype=bool)
    if going is None:
        going = np.ones(centers.shape[:2], dtype=bool)
    else:
        going = going.copy()
        for member in np.flatnonzero(going.any(axis=1)):
            moved = stale[member] & going[member, :, None]
            distances[member].reassign(labels[member], centers[member], moved)
    for _ in range(max_iter):
        runs = going.nonzero()
        before = centers[runs]
        stale[runs] = _take_means(points, centers, labels, stale, runs)
        steps = np.zeros(stale.shape, dtype=np.float32)
        steps[runs] = np.square(centers[runs] - before).sum(axis=2)
        for member in np.unique(runs[0]):
            stale[member] |= distances[member].reassign(labels[member], centers[member], steps[member] > 0)
        going &= steps.sum(axis=2) > tol
        stale[~going] = False
        if not going.any():
            break
    return np.stack([own.inertia for own in distances])


def blocks_of(
    points: Float[np.ndarray, "example d"], n_centers: int
) -> Iterator[tuple[slice, Float[np.ndarray, "d example"]]]:
    """As many points at a time, on their sides, as have room for distances from so many centers."""
    size = max(1, BLOCK_BYTES // (4 * n_centers))
    for first in range(0, len(points), size):
        where = slice(first, min(first + size, len(points)))
        yield where, points[where].T


def squared_gaps(
    points: Float[np.ndarray, "example d"],
    centers: Float[np.ndarray, "cluster d"],
    labels: Int[np.ndarray, " example"],
) -> Float[np.ndarray, " example"]:
    """Squared distance of each point to its center.

    Of differences: the expanded square would leave rounding where they are small.
    """
    gaps = centers[labels]
    gaps -= points
    return np.einsum("nd,nd->n", gaps, gaps)


def _take_means(
    points: Float[np.ndarray, "member example d"],
    centers: Float[np.ndarray, "member start cluster d"],
    labels: Int[np.ndarray, "member start example"],
    stale: Bool[np.ndarray, "member start cluster"],
    runs: tuple[Int[np.ndarray, " run"], ...],
) -> Bool[np.ndarray, "run cluster"]:
    """Put stale centers at the means of their points, in place, and those of no point at far-off ones.

    `runs` are the members and starts that have not come to rest: the others are not looked at.

    Returns: the clusters that are not at their points' mean after all, since they gave one away or took it.
    """
    of_member, of_start = runs
    own, n_clusters = labels[runs], stale.shape[2]
    bags = own + np.arange(0, len(own) * n_clusters, n_clusters)[:, None]
    counts = np.bincount(bags.ravel(), minlength=len(own) * n_clusters).reshape(-1, n_clusters)
    lacking = (counts == 0).any(axis=1).nonzero()[0].tolist()
    places = {run: (int(of_member[run]), int(of_start[run])) for run in lacking}
    gaps = {run: squared_gaps(points[at[0]], centers[at], own[run]) for run, at in places.items()}
    chosen = stale[runs] & (counts > 0)
    run, cluster = chosen.nonzero()
    means = _means(points, of_member, bags, chosen.ravel(), counts[chosen])
    centers[of_member[run], of_start[run], cluster] = means
    off_mean = np.zeros_like(chosen)
    for one, at in places.items():
        off_mean[one] = _relocate(points[at[0]], centers[at], own[one], counts[one], gaps[one])
    return off_mean


def _means(
    points: Float[np.ndarray, "member example d"],
    of_member: Int[np.ndarray, " run"],
    bags: Int[np.ndarray, "run example"],
    chosen: Bool[np.ndarray, " bag"],
    sizes: Int[np.ndarray, " chosen"],
) -> Float[np.ndarray, "chosen d"]:
    """The mean of the points in each of the chosen bags; a run's points are those of its member."""
    places = chosen[bags].ravel().nonzero()[0]
    narrow = bags.ravel()[places].astype(np.min_scalar_type(len(chosen)))  # few bits sort faster
    run, example = np.divmod(places[narrow.argsort(kind="stable")], bags.shape[1])
    rows = of_member[run] * points.shape[1] + example
    # Gathering the rows of a bag costs less than a product with one-hot labels, and adds in a fixed order.
    ends = np.concatenate([[0], sizes.cumsum()])
    flat = points.reshape(-1, points.shape[2])
    once = np.ones(len(rows), dtype=np.float32)
    gathered = csr_array((once, rows, ends), shape=(len(sizes), len(flat)))
    return (gathered @ flat) / sizes.astype(np.float32)[:, None]


def _relocate(
    points: Float[np.ndarray, "example d"],
    centers: Float[np.ndarray, "cluster d"],
    labels: Int[np.ndarray, " example"],
    counts: Int[np.ndarray, " cluster"],
    gaps: Float[np.ndarray, " example"],
) -> Bool[np.ndarray, " cluster"]:
    """Give each empty cluster of one start a point far from its center, in place, as scikit-learn does."""
    off_mean = np.zeros(len(centers), dtype=bool)
    empty = (counts == 0).nonzero()[0]
    for cluster, point in zip(empty, np.argsort(-gaps, kind="stable"), strict=False):
        giver = labels[point]
        # Nothing is gained where the points are fewer than the clusters, or the giver would be empty then.
        if gaps[point] == 0 or counts[giver] <= 1:
            continue
        counts[giver] -= 1
        centers[giver] += (centers[giver] - points[point]) / counts[giver]
        centers[cluster] = points[point]
        off_mean[[giver, cluster]] = True
    return off_mean


class _KeptDistances:
    """Squared distances of all centers from all points of a member, less the points' own norms.

    Where there is room they are kept, and those of centers that did not move are not taken again. A start
    whose centers all stayed has come to rest: it is looked at no more once half of them have.
    """

    def __init__(self, points: Float[np.ndarray, "example d"], n_starts: int, n_clusters: int) -> None:
        n_examples, n_centers = len(points), n_starts * n_clusters
        self._blocks = list(blocks_of(points, n_centers))
        self._norms = float(np.einsum("nd,nd->n", points, points).sum(dtype=np.float64))
        self.inertia = np.full(n_starts, np.inf)
        self._are_kept = 4 * n_centers * n_examples <= KEPT_BYTES
        self._rooms: list[np.ndarray] = []
        self._starts: slice | np.ndarray = slice(None)
        self._n_held = n_starts

    def reassign(
        self,
        labels: Int[np.ndarray, "start example"],
        centers: Float[np.ndarray, "start cluster d"],
        moved: Bool[np.ndarray, "start cluster"],
    ) -> Bool[np.ndarray, "start cluster"]:
        """Give points the labels of centers that are nearer than their own, in place.

        Returns: the clusters that lost or gained a point.
        """
        changed = np.zeros_like(moved)
        if not moved.any():
            return changed
        self._make_room(moved)
        held = moved[self._starts]
        new = held if self._rooms else np.ones_like(held)
        starts, clusters = new.nonzero()
        flat = centers[np.arange(len(labels))[self._starts][starts], clusters]
        norms = np.einsum("cd,cd->c", flat, flat)[:, None]
        flat *= -2
        touched = np.zeros_like(held)
        self.inertia[self._starts] = self._norms
        for index, (where, block) in enumerate(self._blocks):
            distances = self._distances(index, flat @ block, norms, new)
            own = labels[self._starts, where]
            self.inertia[self._starts] += _relabel(own, distances, touched)
            labels[self._starts, where] = own
        changed[self._starts] = touched
        return changed

    def _distances(
        self,
        index: int,
        product: Float[np.ndarray, "new example"],
        norms: Float[np.ndarray, "new 1"],
        new: Bool[np.ndarray, "held cluster"],
    ) -> Float[np.ndarray, "held cluster example"]:
        """Those of one block of points, what is new among them put in."""
        product += norms
        if index >= len(self._rooms):
            if self._are_kept:
                self._rooms.append(product)
            room = product
        else:
            room = self._rooms[index]
            room[new.ravel()] = product
        return room.reshape(*new.shape, -1)

    def _make_room(self, moved: Bool[np.ndarray, "start cluster"]) -> None:
        going: Bool[np.ndarray, " start"] = np.asarray(moved.any(axis=1))
        n_going = int(going.sum())
        if self._rooms and 2 * n_going > self._n_held:
            return
        rows = np.repeat(going[self._starts], moved.shape[1])
        self._rooms = [room[rows] for room in self._rooms]
        self._starts, self._n_held = going.nonzero()[0], n_going


def _relabel(
    labels: Int[np.ndarray, "start example"],
    distances: Float[np.ndarray, "start cluster example"],
    changed: Bool[np.ndarray, "start cluster"],
) -> Float[np.ndarray, " start"]:
    """Returns: distances of the nearest centers, summed."""
    n_starts, n_clusters, n_examples = distances.shape
    rows = labels + np.arange(0, n_starts * n_clusters, n_clusters)[:, None]
    rows *= n_examples
    rows += np.arange(n_examples)
    least = distances.min(axis=1)
    starts, examples = (least < distances.ravel().take(rows)).nonzero()
    nearest = distances[starts, :, examples].argmin(axis=1)
    changed[starts, labels[starts, examples]] = True
    changed[starts, nearest] = True
    labels[starts, examples] = nearest
    return np.asarray(least.sum(axis=1, dtype=np.float64))
