"""Clusters of halves of one sample's examples, found anew: what another sample might have looked like.

This module hides that halves of one size with as many labels are clustered at once, and that factors and
figures share them. A half has one cluster per label that is in it, as the sample has, and one start.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nucleate.lazy import Float, Int
from nucleate.scoring.methods import Clusters, Method
from nucleate.scoring.rows.cluster_figures import Halved

HELD_BYTES = 2**28
"""Points of halves that are clustered at once, unless those of one half are more."""


class HalfClusters:
    """The clusters of some halves of the examples, at every site.

    Args:
        points: of all examples.
        halves: the examples of each.
    """

    def __init__(
        self, points: Float[np.ndarray, "site example d"], halves: Sequence[Int[np.ndarray, " chosen"]]
    ) -> None:
        self._points, self._halves = points, halves
        self._found: dict[tuple[Method, int], list[Int[np.ndarray, "site chosen"]]] = {}

    def of(self, clusters: Clusters) -> Halved:
        """What halves have of clusters that do not depend on who else is there: those of the best start."""
        best = clusters.labels[np.arange(len(clusters.labels)), clusters.inertia.argmin(axis=1)]
        return [(rows, best[:, rows]) for rows in self._halves]

    def anew(
        self, cluster: Method, labels: Int[np.ndarray, " example"], *, leaves_number: bool, seed: int
    ) -> Halved:
        """Clusters of each half by itself, one for each label that is in it, or in most halves.

        Args:
            cluster: how.
            labels: of all examples.
            leaves_number: the method finds its own number of clusters.
            seed: of its starts.

        Returns: nothing where a half has one label, or none twice.
        """
        if not self._halves:
            return []
        n_labels = int(np.median([len(np.unique(labels[rows])) for rows in self._halves]))
        if not 1 < n_labels < min(map(len, self._halves)):
            return []
        number = 0 if leaves_number else n_labels
        if (cluster, number) not in self._found:
            self._found[cluster, number] = self._clusters(cluster, number, seed)
        return list(zip(self._halves, self._found[cluster, number], strict=True))

    def _clusters(self, cluster: Method, n_clusters: int, seed: int) -> list[Int[np.ndarray, "site chosen"]]:
        """Halves of one size side by side, as sites are."""
        found: dict[int, Int[np.ndarray, "site chosen"]] = {}
        for size in {len(rows) for rows in self._halves}:
            alike = [half for half, rows in enumerate(self._halves) if len(rows) == size]
            at_once = max(1, HELD_BYTES // (size * self._points[:, 0].nbytes))
            for first in range(0, len(alike), at_once):
                some = alike[first : first + at_once]
                points = np.concatenate([self._points[:, self._halves[half]] for half in some])
                labels = cluster(points, n_clusters, n_init=1, seed=seed).labels[:, 0]
                found |= dict(zip(some, np.split(labels, len(some)), strict=True))
        return [found[half] for half in range(len(self._halves))]
