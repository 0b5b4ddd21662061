"""Figures of many tables at once are those of one table after the other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nucleate.metrics.agreement.contingency import (
    adjusted_mutual_information,
    commonest_names,
    contingency,
    expected_information,
    matched_names,
    share_named_right,
)
from nucleate.metrics.agreement.rand_index import draw_starts
from nucleate.resampling.bootstrap import Resamples
from nucleate.resampling.half_samples import N_HALVES, Halves, interval_of_halves
from nucleate.scoring.rows import cluster_figures
from nucleate.scoring.rows.cluster_figures import OF_TABLE, FactorFigures, Figure


@pytest.mark.parametrize("cells_held", [2**23, 60])
@pytest.mark.parametrize("per_unit", [1, 3])
@pytest.mark.parametrize("n_empty", [0, 2])
def test_halves_at_once_are_those_of_one_table_after_the_other(per_unit, n_empty, cells_held, monkeypatch):
    """Where units are of several examples halves have several sizes; some starts may find fewer clusters."""
    monkeypatch.setattr(cluster_figures, "CELLS_HELD", cells_held)  # all tables, or two at a time
    rng = np.random.default_rng(per_unit + n_empty)
    labels, units = rng.integers(5, size=90), np.minimum(np.arange(90) // per_unit, 25)
    clusters = np.where(rng.random((1, 4, 90)) < 0.7, labels, rng.integers(5, size=(1, 4, 90)))
    clusters[0, 0] = np.minimum(clusters[0, 0], 4 - n_empty)
    inertia, halves = np.array([[1.0, 2.0, 0.5, 3.0]]), Halves.draw(units, 3)
    resamples = Resamples.draw(units, 2, 1)
    figures_of = FactorFigures(labels, labels[None], resamples, halves, OF_TABLE, 7)
    (((*found,), _),) = figures_of.at_sites(clusters, inertia)
    best, starts = clusters[0, 2], draw_starts(inertia[0], N_HALVES, 7)
    expected = expected_information(contingency(labels[halves.rows[0]], best[halves.rows[0]]))
    plain: dict[str, list[float]] = {metric: [] for metric in OF_TABLE}
    for start, rows in zip(starts, halves.rows, strict=True):
        counted = np.isin(np.arange(90), rows).astype(int)
        half = contingency(labels, clusters[0, start], counted)
        other = contingency(labels, clusters[0, start]) - half
        plain["ami"].append(float(adjusted_mutual_information(half, expected)))
        plain["matched"].append(float(share_named_right(other, matched_names(half))))
        plain["purity"].append(float(share_named_right(other, commonest_names(half))))
    assert {figure.metric for figure in found} == set(OF_TABLE)
    for figure in found:
        low, high = interval_of_halves(figure.value, np.array(plain[figure.metric]))
        assert figure.ci_high == min(high, 1.0)
        assert figure.ci_low <= low  # lower still where few examples put elsewhere would lower it


@pytest.mark.parametrize("per_unit", [1, 5])
@pytest.mark.parametrize("share", [0, 1])
def test_a_share_of_none_or_all_has_the_exact_interval_of_as_many_units(share, per_unit):
    """However often units are drawn again, none says anything else."""
    resamples = Resamples.draw(np.arange(200) // per_unit, 20, 1)
    found = Figure.of_mean("accuracy", np.full(200, bool(share)), resamples)
    n_units = 200 // per_unit
    exact = stats.binomtest(share * n_units, n_units).proportion_ci(0.95, "exact")
    assert found.value == share
    assert (found.ci_low, found.ci_high) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_other_means_have_the_interval_of_their_replicates():
    rng = np.random.default_rng(0)
    right, resamples = rng.random(200) < 0.7, Resamples.draw(np.arange(200), 500, 1)
    found = Figure.of_mean("accuracy", right, resamples)
    low, high = np.percentile(resamples.means(right.astype(float)), [2.5, 97.5])
    assert (found.ci_low, found.ci_high) == (low, high)
    loss = Figure.of_mean("loss", np.ones(200), resamples)
    assert (loss.ci_low, loss.value, loss.ci_high) == (1.0, 1.0, 1.0)
    alone = Figure.of_mean("accuracy", right, Resamples.draw(np.zeros(200, dtype=int), 20, 1))
    assert (alone.ci_low, alone.ci_high) == (None, None)
