"""The figures of labels in the space of states: how far apart they lie, and how well they can be read off.

Hidden here: which of them share their distances or weights between factors, and what their controls are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from nucleate.clustering.geometry import collapse, neighbour_purities, separation, silhouettes
from nucleate.clustering.partitions import Figure
from nucleate.clustering.readout import Probe, nearest_centroid_right
from nucleate.clustering.resampling import NULL_LEVELS, Resamples, interval_of, permute_labels
from nucleate.clustering.samples import Sample

N_PERMUTATIONS = 20
"""Shuffled labels that the probe is fitted to: its control's mean is sound, its 95 % level coarse."""


@dataclass(frozen=True)
class LabelFigure:
    """A figure of one factor's labels at one site, or its control."""

    factor: str
    method: str
    figure: Figure
    control: str = "none"


@dataclass(frozen=True)
class LabelScorer:
    """One sample with what its figures have in common; `figures` then goes through the sites.

    Attributes:
        sample: whose labels.
        train: the same kind of sample from the training split; None where `sample` is that.
        resamples: of the sample.
        least_token_distance: instructions that differ by fewer tokens are no neighbours.
        metrics: which figures.
        seed: of folds and permutations.
    """

    sample: Sample
    train: Sample | None
    resamples: Resamples
    least_token_distance: int
    metrics: Sequence[str]
    seed: int

    def figures(
        self, points: Float[np.ndarray, "example d"], train_points: Float[np.ndarray, "train d"]
    ) -> Iterator[LabelFigure]:
        """All figures at one site; `train_points` are the training sample's."""
        labels = self.sample.labels
        if "silhouette" in self.metrics:
            for factor, value in silhouettes(points, labels).items():
                yield LabelFigure(factor, "labels", Figure("silhouette", value))
        for metric, measure in (("separation", separation), ("collapse", collapse)):
            if metric in self.metrics:
                found = ((factor, measure(points, each)) for factor, each in labels.items())
                yield from (LabelFigure(factor, "labels", Figure(metric, value)) for factor, value in found)
        if "knn_purity" in self.metrics:
            yield from self._neighbours(points)
        if "nearest_centroid" in self.metrics and self.train is not None:
            yield from self._centroids(points, train_points, self.train)
        if "probe" in self.metrics:
            yield from self._probe(points)

    def _neighbours(self, points: Float[np.ndarray, "example d"]) -> Iterator[LabelFigure]:
        # No neighbour is of an example's own instruction: that factor would be 0 by construction.
        labels = {factor: each for factor, each in self.sample.labels.items() if factor != "instruction"}
        shares = neighbour_purities(
            points, labels, self.sample.units, self.sample.token_counts, self.least_token_distance
        )
        for factor, share in shares.items():
            if not np.isnan(share).any():
                yield LabelFigure(factor, "labels", self._mean("knn_purity", share))

    def _centroids(
        self,
        points: Float[np.ndarray, "example d"],
        train_points: Float[np.ndarray, "train d"],
        train: Sample,
    ) -> Iterator[LabelFigure]:
        # An instruction of another split has no centroid unless it was trained with other inputs.
        for factor, labels in self.sample.labels.items():
            if factor in train.labels and np.isin(labels, train.labels[factor]).all():
                right = nearest_centroid_right(train_points, train.labels[factor], points, labels)
                yield LabelFigure(factor, "train_centroids", self._mean("nearest_centroid", right))

    def _probe(self, points: Float[np.ndarray, "example d"]) -> Iterator[LabelFigure]:
        probe = Probe(points, self.sample.units, self.seed)
        for factor, labels in self.sample.labels.items():
            if factor == "instruction":
                continue  # folds are of instructions: none is ever trained on
            yield LabelFigure(factor, "ridge", self._mean("probe", probe.right(labels)))
            permuted = permute_labels(labels, self.sample.units, N_PERMUTATIONS, self.seed)
            values = probe.shares_right(permuted)
            low, high = np.percentile(values, NULL_LEVELS)
            null = Figure("probe", float(values.mean()), float(low), float(high))
            yield LabelFigure(factor, "ridge", null, "shuffled_labels")

    def _mean(
        self, metric: str, values: Float[np.ndarray, " example"] | Bool[np.ndarray, " example"]
    ) -> Figure:
        values = values.astype(float)
        nan = (float("nan"), float("nan"))
        interval = interval_of(self.resamples.means(values)) if self.resamples.tell_something else nan
        return Figure.with_interval(metric, float(values.mean()), interval)
