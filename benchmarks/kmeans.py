"""k-means over many layers and starts, against scikit-learn and faiss, at equal inertia.

Every draw is another seed; all contestants cluster the same layers from as many starts, and ours from a
single one that breathes too. faiss starts from random points and not from k-means++, so it is also timed with
as many starts as its inertia needs.
"""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import ours, peers, profiles
from benchmarks.measuring import Findings, Measured, Reached, Row, in_turn
from benchmarks.setup import Setup
from nucleate.kmeans.breathing import MANY_BREATHS

SKLEARN = "scikit-learn"
BREATHING = "nucleate, 1 start that breathes"
NO_WORSE = 1.0 + 1e-4
"""Inertia up to which ours counts as equal: a tenth of a thousandth, far below the spread of starts."""

MOST_STARTS = 4
"""Times our starts that faiss may take to come to our inertia."""


def measure(setup: Setup) -> Findings:
    findings = Findings()
    states = ours.study_of(setup).states(setup.sizes.n_points)
    points = states.at("last_instruction")
    (n_clusters, n_init), *more = setup.sizes.clusterings
    ratio, inertia = _compare(findings, points, n_clusters, n_init, setup.sizes.draws)
    for others in more:
        _compare(findings, points, *others, setup.sizes.draws)
    bound = profiles.of_operations(partial(ours.kmeans_inertia, points, *setup.sizes.clusterings[0], 0))
    note = f"{n_clusters} clusters; inertia {inertia:.4f} of scikit-learn's in the median"
    findings.reached["kmeans"] = Reached(ratio, inertia <= NO_WORSE, note, bound)
    return findings


def _compare(
    findings: Findings, points: np.ndarray, n_clusters: int, n_init: int, draws: int
) -> tuple[float, float]:
    """Over `draws` seeds. Returns: the median ratios of scikit-learn's time to ours, and of inertia."""
    inertia: dict[str, list[float]] = {}

    def cluster(who: str, of: Callable[..., float]) -> None:
        found = inertia.setdefault(who, [])
        found.append(of(points, n_clusters, n_init=n_init, seed=len(found)))

    contestants = {
        "nucleate": ours.kmeans_inertia,
        BREATHING: _breathing_inertia,
        SKLEARN: sklearn_inertia,
    }
    if importlib.util.find_spec("faiss"):  # it is not to be had for every machine
        more = _starts_of_faiss(points, n_clusters, n_init)
        contestants["faiss, as many starts"] = peers.faiss_inertia
        contestants[f"faiss, {more} x the starts"] = lambda points, k, n_init, seed: peers.faiss_inertia(
            points, k, more * n_init, seed
        )
    taken = in_turn({who: partial(cluster, who, of) for who, of in contestants.items()}, rounds=draws)
    n_layers, n_points, n_embd = points.shape
    what = f"{n_layers} layers, {n_points} x {n_embd}, {n_clusters} clusters, {n_init} starts"
    findings.compare("kmeans", what, "s", taken)
    reference = Measured(tuple(inertia[SKLEARN]))
    for who, values in inertia.items():
        relative = Measured(tuple(values)).over(reference)
        findings.rows.append(
            Row("kmeans", f"inertia / scikit-learn's, {n_clusters} clusters", who, "", relative)
        )
    # What is compared is the time to an inertia that is no worse: the faster of the two that reach it.
    found = {who: Measured(tuple(inertia[who])).over(reference).median for who in ("nucleate", BREATHING)}
    fair = [who for who, relative in found.items() if relative <= NO_WORSE] or ["nucleate"]
    ratios = {who: taken[SKLEARN].over(taken[who]).median for who in fair}
    best = max(ratios, key=lambda who: ratios[who])
    return ratios[best], found[best]


def _breathing_inertia(points: np.ndarray, n_clusters: int, n_init: int, seed: int) -> float:  # noqa: ARG001
    return ours.kmeans_inertia(points, n_clusters, 1, seed, breaths=MANY_BREATHS)


def sklearn_inertia(points: np.ndarray, n_clusters: int, n_init: int, seed: int) -> float:
    return sum(found.inertia_ for found in peers.sklearn_kmeans(points, n_clusters, n_init, seed))


def _starts_of_faiss(points: np.ndarray, n_clusters: int, n_init: int) -> int:
    """How many times our starts bring faiss to our inertia in the median of three draws, or the most."""
    times = 2
    while times < MOST_STARTS:
        relative = [
            peers.faiss_inertia(points, n_clusters, times * n_init, seed)
            / ours.kmeans_inertia(points, n_clusters, n_init, seed)
            for seed in range(3)
        ]
        if statistics.median(relative) <= NO_WORSE:
            break
        times *= 2
    return times
