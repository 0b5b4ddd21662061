"""From hidden states to rows of Scores.

Hidden here: the order in which splits, positions and factors are gone through so that nothing is drawn
or clustered twice. Factors with as many labels share their clusters, all sites share the draws behind
their intervals, and shuffled labels are scored on the clusters that are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int

from nucleate.clustering.controls import shuffled_figures
from nucleate.clustering.methods import METHODS, Clusters
from nucleate.clustering.partitions import Figure, partition_figures
from nucleate.clustering.resampling import Resamples, mean_interval, permute_labels
from nucleate.clustering.samples import Sample, samples_at, units_of
from nucleate.clustering.seeds import seed_of
from nucleate.clustering.settings import ScoringSettings
from nucleate.errors import LabelsError
from nucleate.hidden_states import HiddenStates, layer_of
from nucleate.scores import Score, Scores

Row = dict[str, Any]
"""What `Score` wants to know of a figure, beside the run."""


def score_states(
    states: HiddenStates,
    settings: ScoringSettings,
    *,
    run: str,
    model: str,
    seed: int,
    milestone: bool = False,
) -> Scores:
    """Agreement of clusters with every factor, per split, position and site, beside that of shuffled labels.

    There is one cluster per distinct label. A factor that has a single label among the examples of a
    position, or no label twice, has no partition to agree with and gets no row. The examples of one
    instruction string are resampled together.

    Args:
        states: of one model at one step, of the examples that are to be analysed.
        settings: what to score.
        run: goes into every row.
        model: goes into every row.
        seed: the run's; rows are a pure function of it, of `states` and of `settings`.
        milestone: whether to take the costly figures too.

    Raises:
        LabelsError: `states` lack a position or a factor of the settings.
    """
    _check(states, settings)
    metrics = (*settings.metrics, *(settings.milestone_metrics if milestone else ()))
    figures: list[Row] = []
    for split in np.unique(states.split):
        part = states.of_split(split)
        figures.append(_accuracy(part, settings, seed))
        for position in settings.positions:
            for sample in samples_at(part, position, settings.factors):
                figures += _Scorer(sample, str(split), position, states.sites, settings, metrics, seed).rows()
    made: Row = {"step": states.step, "run": run, "model": model, "seed": seed}
    return Scores.from_rows(Score(**made, **figure) for figure in figures)


def _accuracy(states: HiddenStates, settings: ScoringSettings, seed: int) -> Row:
    """Task accuracy of one split, its interval over resampled instructions."""
    split, right = str(states.split[0]), states.predicted == states.expected
    interval = mean_interval(
        right.astype(float),
        units_of(states),
        n_resamples=settings.n_resamples,
        seed=seed_of(seed, split, "accuracy"),
    )
    figure = Figure.with_interval("accuracy", float(right.mean()), interval)
    return {"split": split, "method": "model", "n_examples": len(right), **asdict(figure)}


@dataclass
class _Scorer:
    """One sample of one split at one position: what its figures have in common."""

    sample: Sample
    split: str
    position: str
    sites: tuple[str, ...]
    settings: ScoringSettings
    metrics: tuple[str, ...]
    seed: int
    _clusters: dict[int, Clusters] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        seed = self._seed("resamples")
        resamples = Resamples.draw(self.sample.units, self.settings.n_resamples, seed)
        for factor, labels in self.sample.labels.items():
            clusters = self._cluster(len(np.unique(labels)))
            permuted = permute_labels(
                labels, self.sample.units, self.settings.n_permutations, self._seed("shuffled", factor)
            )
            yield from self._rows_of_factor(factor, labels, permuted, clusters, resamples)

    def _cluster(self, n_clusters: int) -> Clusters:
        if n_clusters not in self._clusters:
            starts, seed = self.settings.starts(n_clusters), self._seed("clusters", n_clusters)
            found = METHODS["kmeans"](self.sample.points, n_clusters, n_init=starts, seed=seed)
            self._clusters[n_clusters] = found
        return self._clusters[n_clusters]

    def _rows_of_factor(
        self,
        factor: str,
        labels: Int[np.ndarray, " example"],
        permuted: Int[np.ndarray, "permutation example"],
        clusters: Clusters,
        resamples: Resamples,
    ) -> Iterator[Row]:
        seed = self._seed("starts", factor)
        n_clusters = len(np.unique(labels))
        for site, found, inertia in zip(self.sites, clusters.labels, clusters.inertia, strict=True):
            figures = partition_figures(labels, found, inertia, resamples, self.metrics, seed)
            shuffled = shuffled_figures(permuted, found[inertia.argmin()], self.metrics)
            for control, rows in (("none", figures), ("shuffled_labels", shuffled)):
                yield from (self._row(figure, site, factor, n_clusters, control) for figure in rows)

    def _row(self, figure: Figure, site: str, factor: str, n_clusters: int, control: str) -> Row:
        return {
            "split": self.split,
            "position": self.position,
            "factor": factor,
            "site": site,
            "layer": layer_of(site),
            "method": "kmeans",
            "control": control,
            "n_clusters": n_clusters,
            "n_examples": len(self.sample.rows),
            **asdict(figure),
        }

    def _seed(self, *names: str | int) -> int:
        return seed_of(self.seed, self.split, self.position, self.sample.name, *names)


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
