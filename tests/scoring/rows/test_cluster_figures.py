"""Figures of many tables at once are those of one table after the other."""

from __future__ import annotations

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
from nucleate.metrics.agreement.rand_index import draw_starts
from nucleate.resampling.bootstrap import Resamples
from nucleate.resampling.half_samples import N_HALVES, Halves, interval_of_halves
from nucleate.scoring.rows import cluster_figures
from nucleate.scoring.rows.cluster_figures import OF_TABLE, FactorFigures


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
