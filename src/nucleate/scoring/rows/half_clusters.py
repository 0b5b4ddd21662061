"""Clusters of halves of one sample's examples: what another sample might have looked like.

What claims rest on is the best of starts that mostly end alike, so only halves that are clustered anew tell
how clusters differ from sample to sample. Plain starts end apart, and those of the whole sample tell it too.
This module hides that halves of one size are clustered at once, and that factors and figures share them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nucleate.lazy import Float, Int
from nucleate.metrics.agreement.rand_index import draw_starts
from nucleate.resampling.half_samples import N_CLUSTERED
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
        self, points: Float[np.ndarray, "site example d"], halves: Sequence[Int[np.ndarray, " _"]]
    ) -> None:
        self._points, self._halves = points, halves
        self._found: dict[tuple[Method, int], list[Int[np.ndarray, "site _"]]] = {}

    def drawn(self, clusters: Clusters, seed: int) -> Halved:
        """What halves have of the sample's clusters: each those of a start that it draws, at every site."""
        starts = np.stack([draw_starts(own, len(self._halves), seed) for own in clusters.inertia], axis=1)
        sites = np.arange(len(clusters.labels))
        return [
            (rows, clusters.labels[sites, own][:, rows])
            for rows, own in zip(self._halves, starts, strict=True)
        ]

    def anew(self, cluster: Method, labels: Int[np.ndarray, " example"] | None, seed: int) -> Halved:
        """Clusters of some halves, each by itself from one start: as many as most have labels.

        Args:
            cluster: how.
            labels: None where the number of clusters is left to the data.
            seed: of the starts.

        Returns: nothing where a half has one label, or none twice.
        """
        halves, n_labels = self._halves[:N_CLUSTERED], 0
        if not halves:
            return []
        if labels is not None:
            n_labels = int(np.median([len(np.unique(labels[rows])) for rows in halves]))
            if not 1 < n_labels < min(map(len, halves)):
                return []
        if (cluster, n_labels) not in self._found:
            self._found[cluster, n_labels] = self._clusters(halves, cluster, n_labels, seed)
        return list(zip(halves, self._found[cluster, n_labels], strict=True))

    def _clusters(
        self, halves: Sequence[Int[np.ndarray, " _"]], cluster: Method, n_clusters: int, seed: int
    ) -> list[Int[np.ndarray, "site _"]]:
        """Halves of one size side by side, as sites are."""
        found: dict[int, Int[np.ndarray, "site _"]] = {}
        for size in {len(rows) for rows in halves}:
            alike = [half for half, rows in enumerate(halves) if len(rows) == size]
            at_once = max(1, HELD_BYTES // (size * self._points[:, 0].nbytes))
            for first in range(0, len(alike), at_once):
                some = alike[first : first + at_once]
                points = np.concatenate([self._points[:, halves[half]] for half in some])
                labels = cluster(points, n_clusters, n_init=1, seed=seed).labels[:, 0]
                found |= dict(zip(some, np.split(labels, len(some)), strict=True))
        return [found[half] for half in range(len(halves))]
