"""Figures of the sample with their intervals, beside the plain way: one table after the other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nucleate.metrics.agreement.contingency import (
    adjusted_mutual_information,
    commonest_names,
    contingency,
    expected_information,
    matched_names,
    share_named_right,
)
from nucleate.metrics.agreement.rand_index import adjusted_rand_index, misplace
from nucleate.resampling.half_samples import Halves, interval_of_halves
from nucleate.scoring.rows.cluster_figures import OF_TABLE, FactorFigures, Figure

METRICS = ("ari", "ari_across", *OF_TABLE)


def test_no_interval_reaches_where_no_figure_can_lie():
    halves = np.array([-1.0, 1.0, -1.0, 1.0])
    figure = Figure.of_halves("ari", 0.1, halves, 0.0)
    assert (figure.ci_low, figure.ci_high) == (-0.5, 1.0)
    assert Figure.of_halves("separation", 0.1, halves, 0.0).ci_high > 1.0


def plain(labels, clusters, groups, expected=None):
    table = contingency(labels, clusters)
    return {
        "ari": adjusted_rand_index(labels, clusters),
        "ari_across": adjusted_rand_index(labels, clusters, groups),
        "ami": float(adjusted_mutual_information(table, expected)),
        "matched": float(share_named_right(table, matched_names(table))),
        "purity": float(share_named_right(table, commonest_names(table))),
    }


@pytest.mark.parametrize("per_unit", [1, 3])
def test_intervals_are_as_wide_as_halves_with_clusters_of_their_own_spread(per_unit):
    rng = np.random.default_rng(per_unit)
    labels, units = rng.integers(5, size=90), np.minimum(np.arange(90) // per_unit, 25)
    groups = rng.integers(3, size=90)
    clusters = np.where(rng.random((2, 4, 90)) < 0.7, labels, rng.integers(5, size=(2, 4, 90)))
    inertia, halves = np.array([[1.0, 2.0, 0.5, 3.0], [0.1, 2.0, 0.5, 3.0]]), Halves.draw(units, 3).rows[:6]
    halved = [
        (rows, np.where(rng.random((2, len(rows))) < 0.6, labels[rows], rng.integers(4, size=(2, len(rows)))))
        for rows in halves
    ]
    figures_of = FactorFigures(labels, labels[None], units, METRICS, 7, groups)
    for site, (found, _) in enumerate(figures_of.at_sites(clusters, inertia, halved)):
        best = clusters[site, inertia[site].argmin()]
        rows, own = halved[0]
        expected = expected_information(contingency(labels[rows], own[site]))
        of_halves = [plain(labels[rows], own[site], groups[rows], expected) for rows, own in halved]
        value, doubted = (plain(labels, one, groups) for one in (best, misplace(best, units, 7)))
        assert {figure.metric for figure in found} == {*METRICS, "stability"} - {"stability"}
        for figure in found:
            assert figure.value == pytest.approx(value[figure.metric], abs=1e-12)
            spread = np.array([each[figure.metric] for each in of_halves])
            low, high = interval_of_halves(value[figure.metric], spread)
            assert figure.ci_low == pytest.approx(min(low, doubted[figure.metric]), abs=1e-12)
            assert figure.ci_high == pytest.approx(min(high, 1.0), abs=1e-12)


def test_without_halves_there_is_no_interval():
    labels = np.arange(12) % 3
    figures_of = FactorFigures(labels, labels[None], np.zeros(12, dtype=np.int64), METRICS, 0)
    (((*found,), _),) = figures_of.at_sites(labels[None, None], np.zeros((1, 1)), [])
    assert {figure.metric for figure in found} == {"ari", *OF_TABLE}
    assert all(figure.value == 1.0 and figure.ci_low is figure.ci_high is None for figure in found)
    assert not any(math.isnan(figure.value) for figure in found)
