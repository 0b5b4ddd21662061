"""t-SNE of the page as a share of the run; and over checkpoints, against openTSNE and scikit-learn.

The share is of the shared run: its own states, layers by checkpoints, given to the function that it calls,
over the seconds of all its stages. Against others one layer is pictured, at equal divergence.

The Kullback-Leibler divergence is computed here, exactly and in the same way for every picture: what the
programs report themselves is approximate, and each approximates in its own way.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from openTSNE import TSNE
from openTSNE.affinity import PerplexityBasedNN
from scipy.spatial.distance import pdist, squareform
from sklearn import manifold

from benchmarks import our_run, ours, profiles
from benchmarks.measuring import Findings, Measured, Reached, Row, in_turn
from benchmarks.setup import Setup

PERPLEXITY = 30.0


def measure(setup: Setup) -> Findings:
    findings = Findings()
    _share_of_the_run(findings, setup)
    _against_others(findings, setup)
    return findings


def _share_of_the_run(findings: Findings, setup: Setup) -> None:
    run, n = our_run.finished_run(setup), setup.sizes.tsne_points
    points = our_run.pictured_points(run, n)
    make = partial(our_run.page_pictures, points, 0)
    taken = in_turn({"nucleate": make}, rounds=setup.sizes.tsne_rounds)["nucleate"]
    first = next(iter(points.values()))
    what = f"{len(first)} layers x {len(points)} checkpoints, {first.shape[1]} points"
    findings.compare("tsne", what, "s", {"nucleate": taken})
    whole = sum(our_run.stage_seconds(run).values())
    share = taken.times(1 / whole)
    note = f"{what}: {taken.median:.1f} s of {whole:.0f} s, {share.least:.3f} to {share.most:.3f}"
    layer = [of_step[-1].astype(np.float64) for of_step in points.values()][:2]
    bound = profiles.of_functions(partial(ours.pictures, layer, 0))
    findings.reached["tsne_share"] = Reached(share.median, note=note, bound=bound)


def _against_others(findings: Findings, setup: Setup) -> None:
    n = setup.sizes.tsne_points
    study = ours.study_of(setup)
    n_checkpoints = len(setup.sizes.study_steps)
    series = [
        study.states(n, checkpoint).at("last_instruction")[-1].astype(np.float64)
        for checkpoint in range(n_checkpoints)
    ]
    made: dict[str, list[np.ndarray]] = {}

    def picture(who: str, of: Any) -> None:
        made[who] = of(series, 0)

    contestants = {"nucleate": ours.pictures, "openTSNE": from_open_tsne, "scikit-learn": from_sklearn}
    taken = in_turn(
        {who: partial(picture, who, of) for who, of in contestants.items()},
        rounds=setup.sizes.tsne_rounds,
        warm_up=0,
    )
    findings.compare("tsne", f"{n_checkpoints} checkpoints, {len(series[0])} points", "s", taken)
    divergence = {who: _divergences(series, pictures) for who, pictures in made.items()}
    for who, values in divergence.items():
        note = "exact, one value per checkpoint"
        findings.rows.append(Row("tsne", "Kullback-Leibler divergence", who, "nats", values, note=note))
    relative = divergence["nucleate"].over(divergence["openTSNE"])
    findings.rows.append(Row("tsne", "divergence / openTSNE's", "nucleate", "", relative))


def from_open_tsne(series: list[np.ndarray], seed: int) -> list[np.ndarray]:
    return [
        np.asarray(
            TSNE(
                perplexity=_perplexity(points),
                initialization="pca",
                random_state=seed,
                n_jobs=torch.get_num_threads(),
            ).fit(points)
        )
        for points in series
    ]


def from_sklearn(series: list[np.ndarray], seed: int) -> list[np.ndarray]:
    return [
        manifold.TSNE(
            perplexity=_perplexity(points), init="pca", random_state=seed, n_jobs=torch.get_num_threads()
        ).fit_transform(points)
        for points in series
    ]


def _perplexity(points: np.ndarray) -> float:
    return min(PERPLEXITY, (len(points) - 1) / 3)


def _divergences(series: list[np.ndarray], pictures: list[np.ndarray]) -> Measured:
    return Measured(tuple(kl_divergence(*one) for one in zip(series, pictures, strict=True)))


def kl_divergence(points: np.ndarray, picture: np.ndarray) -> float:
    """Of the neighbors in the picture from those among the points, in nats; all pairs, no approximation."""
    affinities = PerplexityBasedNN(points, perplexity=_perplexity(points), method="exact", n_jobs=1).P
    near = 1.0 / (1.0 + squareform(pdist(picture, "sqeuclidean")))
    np.fill_diagonal(near, 0.0)
    wanted = affinities.tocoo()
    shown = near[wanted.row, wanted.col] / near.sum()
    kept = wanted.data > 0
    return float((wanted.data[kept] * np.log(wanted.data[kept] / shown[kept])).sum())
