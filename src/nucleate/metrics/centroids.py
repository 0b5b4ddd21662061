"""Task centroids of trained states, and which of them a state lies nearest to.

Hidden here: how means and distances are taken for all sites at once. Centroids come from whatever
examples are handed over, so a caller who hands over train states alone leaks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from nucleate.errors import LabelsError

_SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Centroids:
    """The mean state of every task, at every site of one position.

    Attributes:
        tasks: the label of each centroid, ascending.
        means: where it lies.
    """

    tasks: Int[np.ndarray, " task"]
    means: Float[np.ndarray, "site task n_embd"]

    @classmethod
    def of(
        cls, states: Float[np.ndarray, "site example n_embd"], labels: Int[np.ndarray, " example"]
    ) -> Centroids:
        """Raises LabelsError where there are fewer than two tasks."""
        tasks, index = np.unique(labels, return_inverse=True)
        if len(tasks) < 2:
            raise LabelsError(
                f"{len(tasks)} task among {len(labels)} examples", "Give examples of two tasks or more."
            )
        member = (index == np.arange(len(tasks))[:, None]).astype(np.float64)
        sums = member @ states.astype(np.float64)
        return cls(tasks, (sums / member.sum(1)[:, None]).astype(np.float32))

    def distances(
        self, states: Float[np.ndarray, "site example n_embd"]
    ) -> Float[np.ndarray, "site example task"]:
        """Euclidean distance of every state from every centroid of its site."""
        centre = self.means.mean(axis=1, keepdims=True)  # far from the origin, squares would cancel
        x, c = (states - centre).astype(np.float64), (self.means - centre).astype(np.float64)
        squares = (x * x).sum(-1)[:, :, None] - 2 * x @ c.transpose(0, 2, 1) + (c * c).sum(-1)[:, None, :]
        return np.sqrt(np.maximum(squares, 0.0))

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

    def subspace(self, site: int) -> Float[np.ndarray, "n_embd rank"]:
        """An orthonormal basis of the plane that the centroids of one site span about their mean."""
        centred = self.means[site].astype(np.float64) - self.means[site].mean(axis=0, dtype=np.float64)
        _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
        kept = sizes > _SMALLEST_SHARE * sizes.max(initial=0.0)
        return directions[kept].T.astype(np.float32)


def nearest_center(
    points: Float[np.ndarray, "example d"], centers: Float[np.ndarray, "cluster d"]
) -> Int[np.ndarray, " example"]:
    """Which center each point lies nearest to; the first of several equally near."""
    # Centered first: far from the origin the expanded square would lose the digits that differ.
    points, centers = points - centers.mean(axis=0), centers - centers.mean(axis=0)
    return (np.square(centers).sum(axis=1) - 2 * points @ centers.T).argmin(axis=1)


def nearest_centroid_right(
    train_points: Float[np.ndarray, "train d"],
    train_labels: Int[np.ndarray, " train"],
    points: Float[np.ndarray, "example d"],
    labels: Int[np.ndarray, " example"],
) -> Bool[np.ndarray, " example"]:
    """Which examples lie nearest to the training mean of their own label; one not trained is never right."""
    known, numbered = np.unique(train_labels, return_inverse=True)
    one_hot = np.eye(len(known))[numbered]
    offset = train_points.mean(axis=0, dtype=np.float64)  # far from the origin squares lose digits
    centroids = one_hot.T @ (train_points - offset) / one_hot.sum(axis=0)[:, None]
    return known[nearest_center(points - offset, centroids)] == labels
