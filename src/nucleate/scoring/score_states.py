"""From hidden states to rows of Scores.

This module hides the order in which splits, positions and factors are gone through so that nothing is drawn
or clustered twice. Factors with as many labels share their clusters, all sites share the draws behind their
intervals, and shuffled labels are scored on the clusters that are there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from nucleate.capture.hidden_states import HiddenStates, layer_of
from nucleate.errors import LabelsError
from nucleate.lazy import Float, Int
from nucleate.resampling.bootstrap import Resamples, permute_labels
from nucleate.resampling.half_samples import Halves
from nucleate.resampling.named_seeds import seed_of
from nucleate.scores import RunTag, Score, Scores
from nucleate.scoring.examples import ONCE, Sample, cut_down, is_held_out, samples_at
from nucleate.scoring.methods import (
    LEFT_TO_DATA,
    METHODS,
    Clusters,
    Method,
    assign,
    by_kmeans_of_a_breath,
    by_settled_kmeans,
)
from nucleate.scoring.preparation import prepare
from nucleate.scoring.rows.cluster_figures import FactorFigures, Figure, Halved
from nucleate.scoring.rows.half_clusters import HalfClusters
from nucleate.scoring.rows.label_figures import (
    N_PERMUTATIONS,
    OF_LABELS,
    FigureRow,
    LabelScorer,
    answer_rows,
    variance_rows,
)
from nucleate.scoring.settings import ACROSS, CHEAP, ScoringSettings

Fits = dict[tuple[str, str, str, int], Clusters]
"""k-means of the training split, by position, kind of sample, preparation and number of clusters."""

TRAIN = "train"


def score_states(
    states: HiddenStates,
    settings: ScoringSettings,
    tag: RunTag,
    *,
    milestone: bool = False,
    with_controls: bool = True,
) -> Scores:
    """Agreement of clusters with every factor, per split, position and site, beside that of shuffled labels.

    There is one cluster per distinct label. A factor that has a single label among the examples of a
    position, or no label twice, has no partition to agree with and gets no row. The examples of one
    instruction string are resampled together.

    Args:
        states: of one model at one step, of the examples that are to be analyzed.
        settings: what to score.
        tag: whose rows they are; they are a pure function of its seed, of `states` and of `settings`.
        milestone: whether to take the costly figures too.
        with_controls: whether to take rows with a control too; the others do not depend on it.

    Raises:
        LabelsError: `states` lack a position or a factor of the settings.
    """
    _check(states, settings)
    made: FigureRow = {"step": states.step, **tag.columns}
    # NumPy's products are small here: on busy cores threads that wait for each other cost several times more.
    with threadpool_limits(1, user_api="blas"):
        figures = list(_figures(states, settings, tag.seed, milestone, with_controls))
    return Scores.from_rows(Score(**made, **figure) for figure in figures)


def _figures(
    states: HiddenStates, settings: ScoringSettings, seed: int, milestone: bool, with_controls: bool
) -> Iterator[FigureRow]:
    """All figures, the training split's first: clusters and centroids of the others are taken from it."""
    splits = sorted(map(str, np.unique(states.split)), key=lambda name: (name != TRAIN, name))
    fits: Fits = {}
    for split in splits:
        part = states.of_split(split)
        yield from answer_rows(part, settings, seed)
        for position in settings.positions:
            yield from variance_rows(part, position)
            trained = _samples_of_train(states, position, settings)
            for sample in samples_at(part, position, settings.factors, settings.across):
                for preparation in settings.preparations:
                    scorer = _Scorer(
                        sample,
                        trained.get(sample.name),
                        (split, position, preparation),
                        states.sites,
                        settings,
                        seed=seed,
                        fits=fits,
                        milestone=milestone,
                        with_controls=with_controls,
                    )
                    yield from scorer.rows()


def _samples_of_train(states: HiddenStates, position: str, settings: ScoringSettings) -> dict[str, Sample]:
    train = states.of_split(TRAIN)
    if not len(train.split):
        return {}
    samples = samples_at(train, position, settings.factors, settings.across)
    return {sample.name: sample for sample in samples}


def score_sample(
    sample: Sample, place: tuple[str, str, str], sites: tuple[str, ...], settings: ScoringSettings, seed: int
) -> Iterator[FigureRow]:
    """The figures of clusters of one sample whose points are used as they are.

    Args:
        sample: of which split and position `place` tells.
        place: split, position, and what the rows are to say of the preparation.
        sites: of the sample's points.
        settings: methods and metrics are those of every checkpoint.
        seed: the run's.
    """
    of_clusters = tuple(metric for metric in settings.metrics if metric not in OF_LABELS)
    settings = settings.model_copy(update={"metrics": of_clusters})
    return _Scorer(sample, None, place, sites, settings, seed=seed, fits={}).rows()


@dataclass(frozen=True)
class _Scorer:
    """One sample of one split at one position, prepared in one way: what its figures have in common."""

    sample: Sample
    train: Sample | None
    place: tuple[str, str, str]
    sites: tuple[str, ...]
    settings: ScoringSettings
    seed: int
    fits: Fits
    milestone: bool = False
    with_controls: bool = True

    def rows(self) -> Iterator[FigureRow]:
        split, _, preparation = self.place
        train_points = (self.train or self.sample).points
        components = self.settings.pca_components
        points = prepare(self.sample.points, train_points, preparation, components)
        halves = Halves.draw(self.sample.units, self._seed("halves", preparation=""))
        yield from self._rows_of_partitions(points, halves)
        if self.with_controls:
            yield from self._size_matched()
        if set(self.settings.metrics_at(self.milestone)) & set(OF_LABELS):
            train_points = prepare(train_points, train_points, preparation, components)
            train = None if split == TRAIN else self.train
            yield from self._rows_of_labels(points, train_points, train, halves)

    def _size_matched(self) -> Iterator[FigureRow]:
        """Where a split's instructions were never trained on: as many trained ones, clustered the same way.

        Few examples make other clusters than many, so train as a whole is no measure for a smaller split.
        Only where an instruction has one state, whatever its input.
        """
        if self.sample.name != ONCE or self.train is None or not is_held_out(self.sample, self.train):
            return
        cut = cut_down(self.train, self.sample, self._seed("size_matched", preparation=""))
        if not cut.labels:
            return
        metrics = tuple(metric for metric in self.settings.metrics if metric in CHEAP)
        settings = self.settings.model_copy(update={"metrics": metrics, "milestone_metrics": ()})
        halves = Halves.draw(cut.units, self._seed("matched halves", preparation=""))
        scorer = replace(self, sample=cut, settings=settings)
        points = prepare(cut.points, self.train.points, self.place[2], settings.pca_components)
        for row in scorer._rows_of_partitions(points, halves):
            if row["control"] == "none":
                yield row | {"control": "size_matched"}

    def _rows_of_partitions(
        self, points: Float[np.ndarray, "site example d"], halves: Halves
    ) -> Iterator[FigureRow]:
        found: dict[tuple[str, int], Clusters | None] = {}
        halved = HalfClusters(points, halves.rows)
        for factor, labels in self.sample.labels.items():
            figures_of = self._figures_of(factor)
            for method in self.settings.methods_at(self.milestone):
                n_clusters = self._n_clusters(method, factor, labels)
                if (method, n_clusters) not in found:
                    found[method, n_clusters] = self._cluster(points, method, n_clusters)
                clusters = found[method, n_clusters]
                if clusters is not None:
                    own = self._halved(halved, clusters, method, labels)
                    yield from self._rows_of_factor(factor, figures_of, clusters, own, method)

    def _halved(
        self, halved: HalfClusters, clusters: Clusters, method: str, labels: Int[np.ndarray, " example"]
    ) -> Halved:
        """Clusters of halves: their own where claims rest on them, and where there is no other start."""
        seed = self._seed("clusters of halves", *self._other_starts, preparation=self.place[2])
        if method == "kmeans" and len(np.unique(labels)) in self._settled:
            return halved.anew(by_kmeans_of_a_breath, labels, seed)
        if method in METHODS and clusters.labels.shape[1] == 1:
            return halved.anew(METHODS[method], None if method in LEFT_TO_DATA else labels, seed)
        return halved.drawn(clusters, seed)

    def _figures_of(self, factor: str) -> FactorFigures:
        labels, across = self.sample.labels[factor], self.sample.across
        seed = self._seed("shuffled", factor, preparation="")
        n_permutations = self.settings.n_permutations if self.with_controls else 0
        permuted = permute_labels(labels, self.sample.units, n_permutations, seed)
        metrics = self.settings.metrics_at(self.milestone)
        misplaced = self._seed("misplaced", factor, preparation="")
        return FactorFigures(labels, permuted, self.sample.units, metrics, misplaced, across)

    def _n_clusters(self, method: str, factor: str, labels: Int[np.ndarray, " example"]) -> int:
        if method == "kmeans_from_train" and self.train is not None:
            labels = self.train.labels.get(factor, labels)
        return 0 if method in LEFT_TO_DATA else len(np.unique(labels))

    def _cluster(
        self, points: Float[np.ndarray, "site example d"], method: str, n_clusters: int
    ) -> Clusters | None:
        """None where clusters are to come from the training split and do not."""
        split, position, preparation = self.place
        fitted = (position, self.sample.name, preparation, n_clusters)
        is_from_train = method == "kmeans_from_train"
        if is_from_train and split != TRAIN:
            return assign(points, self.fits[fitted]) if fitted in self.fits else None
        if is_from_train and fitted in self.fits:
            return None
        named = "kmeans" if is_from_train else method
        is_settled = named == "kmeans" and n_clusters in self._settled
        starts = self.settings.starts(max(n_clusters, 1), is_settled=is_settled)
        seed = self._seed("clusters", n_clusters, *self._other_starts, preparation=preparation)
        cluster: Method = by_settled_kmeans if is_settled else METHODS[named]
        found = cluster(points, n_clusters, n_init=starts, seed=seed)
        if split == TRAIN and named == "kmeans":
            self.fits[fitted] = found
        return None if is_from_train else found

    @property
    def _other_starts(self) -> list[int]:
        return [self.settings.clustering_seed] if self.settings.clustering_seed else []

    @property
    def _settled(self) -> set[int]:
        """The numbers of clusters that what claims rest on has."""
        labels = self.sample.labels
        return {len(np.unique(labels[factor])) for factor in self.settings.settled if factor in labels}

    def _rows_of_factor(
        self, factor: str, figures_of: FactorFigures, clusters: Clusters, halved: Halved, method: str
    ) -> Iterator[FigureRow]:
        of_sites = figures_of.at_sites(clusters.labels, clusters.inertia, halved)
        for site, (figures, shuffled) in enumerate(of_sites):
            n_clusters = clusters.n_clusters[site]
            for figure in figures:
                yield self._row(figure, site, factor, method, n_clusters, "none")
            metrics_there = {figure.metric for figure in figures}
            for figure in shuffled:
                if figure.metric in metrics_there:
                    yield self._row(figure, site, factor, method, n_clusters, "shuffled_labels")

    def _rows_of_labels(
        self,
        points: Float[np.ndarray, "site example d"],
        train_points: Float[np.ndarray, "site train d"],
        train: Sample | None,
        halves: Halves,
    ) -> Iterator[FigureRow]:
        resamples = Resamples.draw(
            self.sample.units, self.settings.n_resamples, self._seed("resamples", preparation="")
        )
        distance, metrics = self.settings.least_token_distance, self.settings.metrics_at(self.milestone)
        seed = self._seed("labels", preparation="")
        n_permutations = N_PERMUTATIONS if self.with_controls else 0
        scorer = LabelScorer(self.sample, train, resamples, halves, distance, metrics, seed, n_permutations)
        for site, figures in enumerate(scorer.at_sites(points, train_points)):
            for found in figures:
                n_labels = len(np.unique(self.sample.labels[found.factor]))
                if math.isfinite(found.figure.value):
                    yield self._row(found.figure, site, found.factor, found.method, n_labels, found.control)

    def _row(
        self, figure: Figure, site: int, factor: str, method: str, n_clusters: int, control: str
    ) -> FigureRow:
        split, position, preparation = self.place
        return {
            "split": split,
            "position": position,
            "factor": factor,
            "site": self.sites[site],
            "layer": layer_of(self.sites[site]),
            "preparation": preparation,
            "method": method,
            "control": control,
            "n_clusters": n_clusters,
            "n_examples": len(self.sample.rows),
            **vars(figure),
        }

    def _seed(self, *names: str | int, preparation: str) -> int:
        """Draws of examples do not depend on the preparation; those of a method do."""
        split, position, _ = self.place
        return seed_of(self.seed, split, position, self.sample.name, preparation, *names)


def _check(states: HiddenStates, settings: ScoringSettings) -> None:
    for what, asked, there in (
        ("position", settings.positions, states.positions),
        ("factor", settings.factors, tuple(states.labels)),
    ):
        missing = [name for name in asked if name not in there]
        if missing:
            raise LabelsError(
                f"the hidden states have no {what} {missing[0]!r}",
                f"Set scoring.{what}s to some of: {', '.join(there)}",
            )
    if settings.across not in (ACROSS, *states.labels):
        raise LabelsError(
            f"the hidden states have no factor {settings.across!r} to ask pairs across",
            f"Set scoring.across to one of: {', '.join(states.labels)}",
        )
