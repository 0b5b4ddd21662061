"""How often stated intervals hold the truth, over clusters planted in few and many dimensions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nucleate.kmeans.kmeans import kmeans
from nucleate.resampling.bootstrap import Resamples
from nucleate.resampling.half_samples import Halves
from nucleate.scoring.examples import Sample
from nucleate.scoring.methods import Clusters, by_kmeans_of_a_breath, by_settled_kmeans
from nucleate.scoring.rows.cluster_figures import FactorFigures, Figure
from nucleate.scoring.rows.half_clusters import HalfClusters
from nucleate.scoring.rows.label_figures import RATIOS, SHARES, LabelScorer

N_EXAMPLES, N_CLUSTERS, N_REFERENCE, N_DRAWS = 300, 6, 40, 5
DIMENSIONS = (2, 4, 8, 16, 32, 64, 128, 256)
SEPARATIONS = (0, 1.5, 3, 5, 10)
"""Root mean square distance between centers, in standard deviations of a cluster along one dimension."""
OF_CLUSTERS = ("ari", "ami", "matched", "purity")


def figures(
    centers: np.ndarray, rng: np.random.Generator, seed: int, *, are_sure: bool = True
) -> Iterator[Figure]:
    """Every figure of one fresh sample, with its interval or for the values alone."""
    labels, units = rng.integers(N_CLUSTERS, size=N_EXAMPLES), np.arange(N_EXAMPLES)
    points = (centers[labels] + rng.standard_normal((N_EXAMPLES, centers.shape[1]))).astype(np.float32)
    found = kmeans(points[None], N_CLUSTERS, n_init=10, seed=seed)
    resamples = Resamples.draw(units, 1, seed)
    halves = Halves.draw(units, seed) if are_sure else Halves(())
    clusters = Clusters(found.labels, found.inertia, (N_CLUSTERS,))
    own = HalfClusters(points[None], halves.rows).drawn(clusters, seed)
    figures_of = FactorFigures(labels, labels[None], units, OF_CLUSTERS, seed)
    ((of_clusters, _),) = figures_of.at_sites(found.labels, found.inertia, own)
    yield from of_clusters
    sample = Sample("all", units, points[None], {"task": labels}, units)
    scorer = LabelScorer(sample, None, resamples, halves, 0, (*SHARES, *RATIOS), seed, n_permutations=0)
    (of_labels,) = scorer.at_sites(points[None], points[None])
    yield from (each.figure for each in of_labels if each.control == "none")


@pytest.mark.slow
@pytest.mark.usefixtures("shapes_unchecked")
def test_the_mean_figure_of_other_samples_lies_within_the_interval_in_93_of_100_draws():
    """The truth is the mean figure of fresh samples of the same make: what a repetition would expect."""
    covered: dict[str, list[bool]] = {}
    for d in DIMENSIONS:
        for separation in SEPARATIONS:
            rng = np.random.default_rng([12, d, int(10 * separation)])
            centers = separation * rng.standard_normal((N_CLUSTERS, d)) / np.sqrt(2 * d)
            reference = [
                figure
                for seed in range(N_REFERENCE)
                for figure in figures(centers, rng, seed, are_sure=False)
            ]
            for seed in range(N_DRAWS):
                for figure in figures(centers, rng, 1000 + seed):
                    same = [each.value for each in reference if each.metric == figure.metric]
                    # Ratios of variances have long tails: their truth is the mean on their own scale.
                    is_ratio = figure.metric in ("separation", "collapse")
                    truth = np.exp(np.mean(np.log(same))) if is_ratio else np.mean(same)
                    held = figure.ci_low <= truth <= figure.ci_high
                    covered.setdefault(figure.metric, []).append(held)
    assert all(len(each) == 200 for each in covered.values())
    shares = {metric: np.mean(each) for metric, each in covered.items()}
    print(", ".join(f"{metric} {share:.1%}" for metric, share in shares.items()))
    assert set(shares) == {*OF_CLUSTERS, *SHARES, *RATIOS}
    assert min(shares.values()) >= 0.93, shares


N_TASKS, N_DIALECTS, D = 10, 3, 32


def of_dialects(
    centers: np.ndarray, n: int, rng: np.random.Generator, seed: int, *, are_sure: bool = True
) -> Iterator[Figure]:
    """Agreement of one fresh sample of tasks with several dialects, clustered as what claims rest on is."""
    dialects, units = rng.integers(len(centers), size=n), np.arange(n)
    tasks = dialects // N_DIALECTS
    points = (centers[dialects] + rng.standard_normal((n, D))).astype(np.float32)[None]
    found = by_settled_kmeans(points, N_TASKS, n_init=3, seed=seed)
    halves = Halves.draw(units, seed) if are_sure else Halves(())
    own = HalfClusters(points, halves.rows).anew(by_kmeans_of_a_breath, tasks, seed)
    figures_of = FactorFigures(
        tasks, tasks[None], units, ("ari", "ari_across", *OF_CLUSTERS[1:]), seed, dialects
    )
    ((of_clusters, _),) = figures_of.at_sites(found.labels, found.inertia, own)
    yield from of_clusters


@pytest.mark.slow
@pytest.mark.usefixtures("shapes_unchecked")
def test_where_clusters_come_out_otherwise_from_sample_to_sample_intervals_know_it():
    """Half-separated tasks of several dialects can be clustered in many ways that are about as good.

    Intervals that took the clusters as they are covered 74 to 84 of 100 here.
    """
    covered: dict[str, list[bool]] = {}
    for n, of_tasks, of_dialect in ((500, 3, 3), (500, 2, 5), (700, 2, 4), (300, 5, 1)):
        for world in range(3):
            rng = np.random.default_rng([n, of_tasks, of_dialect, world])
            tasks, dialects = (
                rng.standard_normal((N_TASKS, D)),
                rng.standard_normal((N_TASKS * N_DIALECTS, D)),
            )
            centers = (of_tasks * np.repeat(tasks, N_DIALECTS, axis=0) + of_dialect * dialects) / np.sqrt(D)
            fresh = [
                figure for seed in range(20) for figure in of_dialects(centers, n, rng, seed, are_sure=False)
            ]
            for seed in range(8):
                for figure in of_dialects(centers, n, rng, 1000 + seed):
                    truth = np.mean([each.value for each in fresh if each.metric == figure.metric])
                    held = figure.ci_low <= truth <= figure.ci_high
                    covered.setdefault(figure.metric, []).append(held)
    shares = {metric: np.mean(each) for metric, each in covered.items()}
    print(", ".join(f"{metric} {share:.1%}" for metric, share in shares.items()))
    assert set(shares) == {"ari_across", *OF_CLUSTERS}
    assert min(shares.values()) >= 0.9, shares
