"""Figures that need no clusters: of labels in the space of states, of the states alone, and of the answers.

This module hides which of them share their distances or weights between factors, how their intervals come
about, and that those which are fitted to labels stand beside a fit to shuffled ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import HiddenStates, layer_of
from nucleate.corpus.corpus import NO_ANSWER
from nucleate.lazy import Bool, Float, Int
from nucleate.metrics.centroids import nearest_centroid_right
from nucleate.metrics.label_geometry import (
    neighbor_purities,
    silhouettes,
    squared_distances,
    too_near,
    top_variance_share,
)
from nucleate.metrics.permuted_centroids import nearest_shares_right
from nucleate.metrics.probe import Probe
from nucleate.metrics.subset_places import SubsetPlaces
from nucleate.metrics.variance_ratios import SubsetRatios
from nucleate.resampling.bootstrap import Resamples, permute_labels
from nucleate.resampling.half_samples import Halves, Key
from nucleate.resampling.named_seeds import seed_of
from nucleate.scoring.examples import Sample, units_of
from nucleate.scoring.rows.cluster_figures import Figure
from nucleate.scoring.settings import ScoringSettings

N_PERMUTATIONS = 20
"""Shuffled labels behind a control: each costs as much as the figure, so its 95 % level is coarse."""

RATIOS = ("separation", "collapse")
"""Ratios of variances: they spread by factors, not by differences."""
SHARES = ("silhouette", "knn_purity")
FITS = {"nearest_centroid": "train_centroids", "probe": "ridge"}
"""What figures that are fitted to labels are fitted by: the method of their rows."""
OF_LABELS = (*RATIOS, *SHARES, *FITS)


FigureRow = dict[str, Any]
"""What `Score` wants to know of a figure, beside the run."""


@dataclass(frozen=True)
class LabelFigure:
    """A figure of one factor's labels at one site, or its control."""

    factor: str
    method: str
    figure: Figure
    control: str = "none"


@dataclass(frozen=True)
class LabelScorer:
    """One sample with what its figures have in common; `at_sites` then goes through the sites.

    Attributes:
        sample: whose labels.
        train: the same kind of sample from the training split; None where `sample` is that.
        resamples: of the sample.
        halves: of the sample.
        least_token_distance: instructions that differ by fewer tokens are no neighbors.
        metrics: which figures.
        seed: of folds and permutations.
        n_permutations: shuffled labels behind each control; 0: no controls.
    """

    sample: Sample
    train: Sample | None
    resamples: Resamples
    halves: Halves
    least_token_distance: int
    metrics: Sequence[str]
    seed: int
    n_permutations: int = N_PERMUTATIONS

    def at_sites(
        self, points: Float[np.ndarray, "site example d"], train_points: Float[np.ndarray, "site train d"]
    ) -> Iterator[Iterator[LabelFigure]]:
        """For each site all figures; `train_points` are the training sample's."""
        fitted: list[list[LabelFigure]] = [[] for _ in points]
        if "nearest_centroid" in self.metrics and self.train is not None:
            self._add_centroids(points, train_points, self.train, fitted)
        if "probe" in self.metrics and self.resamples.tell_something:
            self._add_probes(points, fitted)
        for own, of_site in zip(points, fitted, strict=True):
            yield self._figures(own, of_site)

    def _figures(
        self, points: Float[np.ndarray, "example d"], fitted: Sequence[LabelFigure]
    ) -> Iterator[LabelFigure]:
        if set(SHARES) & set(self.metrics):
            yield from self._places(self._shares(points), SHARES)
        if set(RATIOS) & set(self.metrics):
            yield from self._places(self._ratios(points), RATIOS)
        yield from fitted

    def _places(
        self, of_subsets: Sequence[Mapping[Key, float]], metrics: Sequence[str]
    ) -> Iterator[LabelFigure]:
        """Figures of where labels lie, for each factor, with intervals from halves."""
        values, *of_halves = of_subsets
        ends = self.halves.intervals(
            values, lambda number, _: of_halves[number], are_ratios=metrics is RATIOS
        )
        for (metric, factor), value in values.items():
            figure = Figure.with_interval(metric, value, ends[metric, factor])
            yield LabelFigure(factor, "labels", figure)

    @cached_property
    def _subsets(self) -> list[Int[np.ndarray, " chosen"]]:
        """All examples, then each half of them."""
        return [np.arange(len(self.sample.units)), *self.halves.rows]

    def _shares(self, points: Float[np.ndarray, "example d"]) -> list[dict[Key, float]]:
        """Silhouettes and purities of neighbors of every subset."""
        squared = squared_distances(points)
        if squared is None:  # too many examples for a table of all pairs
            return [self._plain_shares(points[rows], rows) for rows in self._subsets]
        found: list[dict[Key, float]] = [{} for _ in self._subsets]
        if "silhouette" in self.metrics:
            for own, values in zip(found, self._subset_places.silhouettes(squared), strict=True):
                own |= {("silhouette", factor): value for factor, value in values.items()}
        if "knn_purity" in self.metrics:
            purities = self._subset_places.purities(squared, self._with_neighbors)
            found = [own | _mean_purities(shares) for own, shares in zip(found, purities, strict=True)]
        return found

    def _plain_shares(
        self, points: Float[np.ndarray, "chosen d"], rows: Int[np.ndarray, " chosen"]
    ) -> dict[Key, float]:
        labels = {factor: each[rows] for factor, each in self.sample.labels.items()}
        found: dict[Key, float] = {}
        if "silhouette" in self.metrics:
            values = silhouettes(points, labels)
            found |= {("silhouette", factor): value for factor, value in values.items()}
        if "knn_purity" in self.metrics:
            asked = {factor: labels[factor] for factor in self._with_neighbors}
            units, counts = self.sample.units[rows], self.sample.token_counts
            counts = None if counts is None else counts[rows]
            found |= _mean_purities(
                neighbor_purities(points, asked, units, counts, self.least_token_distance)
            )
        return found

    @property
    def _with_neighbors(self) -> list[str]:
        """No neighbor is of an example's own instruction: that factor would be 0 by construction."""
        return [factor for factor in self.sample.labels if factor != self.sample.unit]

    @cached_property
    def _subset_places(self) -> SubsetPlaces:
        units, counts = self.sample.units, self.sample.token_counts
        near = too_near(np.arange(len(units)), units, counts, self.least_token_distance)
        return SubsetPlaces(self.sample.labels, self._subsets, near)

    @cached_property
    def _subset_ratios(self) -> SubsetRatios:
        return SubsetRatios(self.sample.labels, self._subsets)

    def _ratios(self, points: Float[np.ndarray, "example d"]) -> list[dict[Key, float]]:
        asked = [metric for metric in RATIOS if metric in self.metrics]
        return [
            {(metric, factor): each[metric] for factor, each in found.items() for metric in asked}
            for found in self._subset_ratios.of(points)
        ]

    def _add_centroids(
        self,
        points: Float[np.ndarray, "site example d"],
        train_points: Float[np.ndarray, "site train d"],
        train: Sample,
        of_sites: list[list[LabelFigure]],
    ) -> None:
        # An instruction of another split has no centroid unless it was trained with other inputs.
        for factor, labels in self.sample.labels.items():
            if factor in train.labels and np.isin(labels, train.labels[factor]).all():
                left_out = self._left_out(train, factor)
                right = nearest_centroid_right(train_points, train.labels[factor], points, labels, left_out)
                _add(of_sites, factor, (self._mean("nearest_centroid", own) for own in right))
                if self.n_permutations:
                    permuted = self._permuted(train, factor)
                    reached = nearest_shares_right(train_points, permuted, points, labels, left_out)
                    nulls = (Figure.of_null("nearest_centroid", own) for own in reached)
                    _add(of_sites, factor, nulls, "shuffled_labels")

    def _left_out(self, train: Sample, factor: str) -> tuple[np.ndarray, np.ndarray] | None:
        """An instruction's own train examples have no part in what it is held against.

        Asked for instructions themselves, that would leave nothing; there its other inputs are the test.
        """
        own, trained = self.sample.instructions, train.instructions
        return None if factor == self.sample.unit or own is None or trained is None else (trained, own)

    def _add_probes(
        self, points: Float[np.ndarray, "site example d"], of_sites: list[list[LabelFigure]]
    ) -> None:
        probe = Probe(points, self.sample.units, self.seed)
        for factor, labels in self.sample.labels.items():
            if factor == self.sample.unit:
                continue  # folds are of instructions: none is ever trained on
            _add(of_sites, factor, (self._mean("probe", own) for own in probe.right(labels)))
            if self.n_permutations:
                reached = probe.shares_right(self._permuted(self.sample, factor))
                nulls = (Figure.of_null("probe", own) for own in reached)
                _add(of_sites, factor, nulls, "shuffled_labels")

    def _permuted(self, sample: Sample, factor: str) -> Int[np.ndarray, "permutation example"]:
        return permute_labels(sample.labels[factor], sample.units, self.n_permutations, self.seed)

    def _mean(self, metric: str, right: Bool[np.ndarray, " example"]) -> Figure:
        return Figure.of_mean(metric, right, self.resamples)


def _add(
    of_sites: list[list[LabelFigure]], factor: str, figures: Iterable[Figure], control: str = "none"
) -> None:
    """One figure that is fitted to labels, or its control, of every site."""
    for found, figure in zip(of_sites, figures, strict=True):
        found.append(LabelFigure(factor, FITS[figure.metric], figure, control))


def _mean_purities(shares: Mapping[str, Float[np.ndarray, " example"]]) -> dict[Key, float]:
    # An example without an allowed neighbor says nothing, and costs the others nothing.
    told = {factor: share[~np.isnan(share)] for factor, share in shares.items()}
    return {
        ("knn_purity", factor): float(share.mean()) if len(share) else float("nan")
        for factor, share in told.items()
    }


def answer_rows(states: HiddenStates, settings: ScoringSettings, seed: int) -> Iterator[FigureRow]:
    """Task accuracy of one split, that of the answers' first tokens where answers have more, and the loss.

    Of the examples that have an answer; intervals are over resampled instructions.
    """
    known = states.select(states.expected != NO_ANSWER)
    if not len(known.split):
        return
    split = str(known.split[0])
    resamples = Resamples.draw(units_of(known), settings.n_resamples, seed_of(seed, split, "accuracy"))
    first = None if known.answered is None else known.predicted == known.expected
    found = {"accuracy": known.right, "first_token_accuracy": first, "loss": known.surprisal}
    for metric, values in found.items():
        if values is not None:
            figure = vars(Figure.of_mean(metric, values, resamples))
            yield {"split": split, "method": "model", "n_examples": len(values), **figure}


def variance_rows(states: HiddenStates, position: str) -> Iterator[FigureRow]:
    """The warning that a few coordinates carry most of the variance, for each site where there is any."""
    for site, points in zip(states.sites, states.at(position), strict=True):
        share = top_variance_share(points)
        if not math.isnan(share):
            key = {"split": str(states.split[0]), "position": position, "site": site, "layer": layer_of(site)}
            figure = vars(Figure("top3_variance_share", share))
            yield {**key, "method": "states", "n_examples": len(points), **figure}
