"""Agreement at many sites at once is, bit for bit, that of one site after another."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.metrics.agreement import site_agreement
from nucleate.metrics.agreement.rand_index import (
    adjusted_rand_index,
    adjusted_rand_permuted,
)
from nucleate.metrics.agreement.site_agreement import SiteAgreement
from nucleate.resampling.bootstrap import permute_labels
from tests.noisy_partitions import noisy

N_SITES = 3


def planted(n_units, n_labels, kept, per_unit, seed):
    rng = np.random.default_rng(seed)
    labels, _, units = noisy(rng, n_units, n_labels, kept, per_unit)
    runs = [noisy(rng, n_units, n_labels, kept, per_unit)[1] for _ in range(N_SITES)]
    mixed = np.where(rng.random((N_SITES, len(labels))) < kept, labels, np.array(runs))
    return labels, mixed, units, rng


@pytest.mark.parametrize("n_labels", [2, 7, 60])
@pytest.mark.parametrize("per_unit", [1, 3])
@pytest.mark.parametrize("n_groups", [0, 1, 3, 40])
@pytest.mark.parametrize("room", [2**22, 500])
def test_all_sites_at_once_are_those_of_the_plain_way(n_labels, per_unit, n_groups, room, monkeypatch):
    labels, clusters, units, rng = planted(60, n_labels, 0.7, per_unit, seed=n_labels)
    groups = rng.integers(n_groups, size=len(labels)) + 5 if n_groups else None
    monkeypatch.setattr(site_agreement, "CHUNK_VALUES", room)
    permuted = permute_labels(labels, units, 11, 2)
    ours = SiteAgreement(labels, permuted, groups)
    plain_index = [adjusted_rand_index(labels, own, groups) for own in clusters]
    assert np.array_equal(ours.indices(clusters), plain_index, equal_nan=True)
    plain_null = [adjusted_rand_permuted(permuted, own, groups) for own in clusters]
    assert np.array_equal(ours.permuted(clusters), plain_null, equal_nan=True)
    some = np.sort(rng.permutation(len(labels))[: len(labels) // 2])
    plain_some = [
        adjusted_rand_index(labels[some], own[some], None if groups is None else groups[some])
        for own in clusters
    ]
    assert np.array_equal(ours.of_some(some).indices(clusters[:, some]), plain_some, equal_nan=True)
