"""Task centroids of trained states, and which of them a state lies nearest to.

This module hides how means and distances are taken for all sites at once, and how a centroid leaves out
what it is tested on. A mean without some of its examples follows from sums and counts, so leaving out each
group in turn, such as each instruction, costs a correction and no second fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from nucleate.errors import LabelsError
from nucleate.lazy import Bool, Float, Int

_SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Shares:
    """What every group of examples has of the centroids, sorted by group.

    Attributes:
        groups: whose share it is.
        tasks: of which centroid.
        left: that centroid without it; NaN where nothing is left.
    """

    groups: Int[np.ndarray, " share"]
    tasks: Int[np.ndarray, " share"]
    left: Float[np.ndarray, "site share n_embd"]

    def of(self, groups: Int[np.ndarray, " example"]) -> tuple[np.ndarray, np.ndarray]:
        """For every example and every share of its group: which example, which share."""
        begin, end = (np.searchsorted(self.groups, groups, side) for side in ("left", "right"))
        n = end - begin
        examples = np.repeat(np.arange(len(groups)), n)
        return examples, np.arange(n.sum()) + np.repeat(begin - (n.cumsum() - n), n)


@dataclass(frozen=True)
class Centroids:
    """The mean state of every task, at every site of one position.

    Attributes:
        tasks: the label of each centroid, ascending.
        means: where it lies.
        shares: of the groups that can be left out; None: none can.
    """

    tasks: Int[np.ndarray, " task"]
    means: Float[np.ndarray, "site task n_embd"]
    shares: Shares | None = None

    @classmethod
    def of(
        cls,
        states: Float[np.ndarray, "site example n_embd"],
        labels: Int[np.ndarray, " example"],
        groups: Int[np.ndarray, " example"] | None = None,
    ) -> Centroids:
        """Args: the states, their tasks, and the groups that are to be left out when they are tested.

        Raises:
            LabelsError: there are fewer than two tasks.
        """
        tasks, index = np.unique(labels, return_inverse=True)
        if len(tasks) < 2:
            raise LabelsError(
                f"{len(tasks)} task among {len(labels)} examples", "Give examples of two tasks or more."
            )
        sums, counts = _sums(states, index)
        shares = None if groups is None else _shares(states, index, groups, sums, counts)
        return cls(tasks, (sums / counts[:, None]).astype(np.float32), shares)

    def distances(
        self,
        states: Float[np.ndarray, "site example n_embd"],
        groups: Int[np.ndarray, " example"] | None = None,
    ) -> Float[np.ndarray, "site example task"]:
        """Euclidean distance of every state from every centroid of its site.

        Where `groups` are given, each example's own group has no part in the centroids that it is held
        against; infinite where nothing else is in one.
        """
        center = self.means.mean(axis=1, keepdims=True)  # far from the origin, squares would cancel
        x, c = (states - center).astype(np.float64), (self.means - center).astype(np.float64)
        squares = (x * x).sum(-1)[:, :, None] - 2 * x @ c.transpose(0, 2, 1) + (c * c).sum(-1)[:, None, :]
        if groups is not None:
            assert self.shares is not None, "centroids must be made with the groups that are left out"
            examples, shares = self.shares.of(groups)
            for own, left, found in zip(states, self.shares.left, squares, strict=True):
                apart = np.square(own[examples].astype(np.float64) - left[shares]).sum(-1)
                found[examples, self.shares.tasks[shares]] = np.nan_to_num(apart, nan=np.inf)
        return np.sqrt(np.maximum(squares, 0.0))

    def means_without(
        self, site: int, groups: Int[np.ndarray, " example"]
    ) -> Float[np.ndarray, "example task n_embd"]:
        """The centroids of one site that each example is held against: its own group has no part in them.

        NaN where nothing else is in one.
        """
        assert self.shares is not None, "centroids must be made with the groups that are left out"
        means = np.repeat(self.means[site][None], len(groups), axis=0)
        examples, shares = self.shares.of(groups)
        means[examples, self.shares.tasks[shares]] = self.shares.left[site, shares]
        return means

    def index_of(self, labels: Int[np.ndarray, " example"]) -> Int[np.ndarray, " example"]:
        """Which centroid belongs to each label. Raises LabelsError where one has none."""
        index = np.searchsorted(self.tasks, labels).clip(max=len(self.tasks) - 1)
        strangers = np.flatnonzero(self.tasks[index] != labels)
        if len(strangers):
            raise LabelsError(
                f"task {labels[strangers[0]]} has no centroid",
                "Take centroids from examples of every task, for instance by raising their number.",
            )
        return index


def plane_of(means: Float[np.ndarray, "task n_embd"]) -> Float[np.ndarray, "n_embd rank"]:
    """An orthonormal basis of the plane that centroids span about their mean."""
    centered = means.astype(np.float64) - means.mean(axis=0, dtype=np.float64)
    _, sizes, directions = np.linalg.svd(centered, full_matrices=False)
    kept = sizes > _SMALLEST_SHARE * sizes.max(initial=0.0)
    return np.asarray(directions[kept].T.astype(np.float32))


def nearest_center(
    points: Float[np.ndarray, "example d"], centers: Float[np.ndarray, "cluster d"]
) -> Int[np.ndarray, " example"]:
    """Which center each point lies nearest to; the first of several equally near."""
    # Centered first: far from the origin the expanded square would lose the digits that differ.
    points, centers = points - centers.mean(axis=0), centers - centers.mean(axis=0)
    return (np.square(centers).sum(axis=1) - 2 * points @ centers.T).argmin(axis=1)


def nearest_centroid_right(
    train_points: Float[np.ndarray, "site train d"],
    train_labels: Int[np.ndarray, " train"],
    points: Float[np.ndarray, "site example d"],
    labels: Int[np.ndarray, " example"],
    left_out: tuple[Int[np.ndarray, " train"], Int[np.ndarray, " example"]] | None = None,
) -> Bool[np.ndarray, "site example"]:
    """Which examples lie nearest to the training mean of their own label; one not trained is never right.

    `left_out` are groups of the training examples and of the others, such as instructions: no example is
    held against a mean that its own group has a part in.
    """
    own, tested = left_out or (None, None)
    centroids = Centroids.of(train_points, train_labels, own)
    distances = centroids.distances(points, tested)
    return np.asarray(centroids.tasks[distances.argmin(axis=2)] == labels)


def _sums(
    states: Float[np.ndarray, "site example n_embd"], cells: Int[np.ndarray, " example"]
) -> tuple[Float[np.ndarray, "site cell n_embd"], Float[np.ndarray, " cell"]]:
    """The states of each cell, numbered from 0 without gaps, summed; and how many they are."""
    counts = np.bincount(cells).astype(np.float64)
    ones = np.ones(len(cells))
    one_hot = csr_array((ones, (cells, np.arange(len(cells)))), shape=(len(counts), len(cells)))
    return np.stack([one_hot @ own.astype(np.float64) for own in states]), counts


def _shares(
    states: Float[np.ndarray, "site example n_embd"],
    tasks: Int[np.ndarray, " example"],
    groups: Int[np.ndarray, " example"],
    sums: Float[np.ndarray, "site task n_embd"],
    counts: Float[np.ndarray, " task"],
) -> Shares:
    named, numbered = np.unique(groups, return_inverse=True)
    cells, of_cell = np.unique(numbered * len(counts) + tasks, return_inverse=True)
    of_group, of_task = np.divmod(cells, len(counts))
    own, n_own = _sums(states, of_cell)
    n_left = (counts[of_task] - n_own)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(n_left > 0, (sums[:, of_task] - own) / n_left, np.nan)
    return Shares(named[of_group], of_task, left.astype(np.float32))
