"""How often stated intervals hold the truth, over clusters planted in few and many dimensions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nucleate.kmeans.kmeans import kmeans
from nucleate.resampling.bootstrap import Resamples
from nucleate.resampling.half_samples import Halves
from nucleate.scoring.examples import Sample
from nucleate.scoring.rows.cluster_figures import FactorFigures, Figure
from nucleate.scoring.rows.label_figures import RATIOS, SHARES, LabelScorer

N_EXAMPLES, N_CLUSTERS, N_REFERENCE, N_DRAWS = 300, 6, 40, 5
DIMENSIONS = (2, 4, 8, 16, 32, 64, 128, 256)
SEPARATIONS = (0, 1.5, 3, 5, 10)
"""Root mean square distance between centers, in standard deviations of a cluster along one dimension."""
OF_CLUSTERS = ("ari", "ami", "matched", "purity")


def figures(
    centers: np.ndarray, rng: np.random.Generator, seed: int, *, n_resamples: int = 200
) -> Iterator[Figure]:
    """Every figure of one fresh sample, with its interval; one resample: for the values alone."""
    labels, units = rng.integers(N_CLUSTERS, size=N_EXAMPLES), np.arange(N_EXAMPLES)
    points = (centers[labels] + rng.standard_normal((N_EXAMPLES, centers.shape[1]))).astype(np.float32)
    found = kmeans(points[None], N_CLUSTERS, n_init=10, seed=seed)
    resamples = Resamples.draw(units, n_resamples, seed)
    halves = Halves.draw(units, seed) if n_resamples > 1 else Halves(())
    figures_of = FactorFigures(labels, labels[None], resamples, halves, OF_CLUSTERS, seed)
    ((of_clusters, _),) = figures_of.at_sites(found.labels, found.inertia)
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
                figure for seed in range(N_REFERENCE) for figure in figures(centers, rng, seed, n_resamples=1)
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
