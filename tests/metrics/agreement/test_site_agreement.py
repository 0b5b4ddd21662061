"""Agreement at many sites at once is, bit for bit, that of one site after another."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.metrics.agreement import drawn_pairs, site_agreement
from nucleate.metrics.agreement.rand_index import (
    adjusted_rand_index,
    adjusted_rand_interval,
    adjusted_rand_permuted,
)
from nucleate.metrics.agreement.site_agreement import SiteAgreement, SiteClusters
from nucleate.resampling import bootstrap
from nucleate.resampling.bootstrap import Resamples, permute_labels
from tests.noisy_partitions import noisy

N_SITES, N_STARTS = 3, 4


def planted(n_units, n_labels, kept, per_unit, seed):
    rng = np.random.default_rng(seed)
    labels, _, units = noisy(rng, n_units, n_labels, kept, per_unit)
    runs = [
        [noisy(rng, n_units, n_labels, kept, per_unit)[1] for _ in range(N_STARTS)] for _ in range(N_SITES)
    ]
    mixed = np.where(rng.random((N_SITES, N_STARTS, len(labels))) < kept, labels, np.array(runs))
    return labels, mixed, rng.random((N_SITES, N_STARTS)), units, rng


@pytest.mark.parametrize("n_labels", [2, 7, 60])
@pytest.mark.parametrize("per_unit", [1, 3])
@pytest.mark.parametrize("n_groups", [0, 1, 3, 40])
@pytest.mark.parametrize("room", [2**22, 500])
def test_all_sites_at_once_are_those_of_the_plain_way(n_labels, per_unit, n_groups, room, monkeypatch):
    labels, clusters, inertia, units, rng = planted(60, n_labels, 0.7, per_unit, seed=n_labels)
    groups = rng.integers(n_groups, size=len(labels)) + 5 if n_groups else None
    monkeypatch.setattr(bootstrap, "CHUNK_VALUES", room)
    monkeypatch.setattr(drawn_pairs, "CHUNK_VALUES", room)
    monkeypatch.setattr(site_agreement, "CHUNK_VALUES", room)
    resamples = Resamples.draw(units, 30, 1)
    permuted = permute_labels(labels, units, 11, 2)
    ours = SiteAgreement(labels, resamples, permuted, 5, groups)
    together = SiteClusters(clusters, inertia, 5)
    low, high = ours.intervals(together)
    plain = [
        adjusted_rand_interval(labels, *site, resamples, seed=5, groups=groups)
        for site in zip(clusters, inertia, strict=True)
    ]
    assert np.array_equal(np.stack([low, high], axis=1), plain, equal_nan=True)
    plain_index = [adjusted_rand_index(labels, own, groups) for own in together.best]
    assert np.array_equal(ours.indices(together.best), plain_index, equal_nan=True)
    plain_null = [adjusted_rand_permuted(permuted, own, groups) for own in together.best]
    assert np.array_equal(ours.permuted(together.best), plain_null, equal_nan=True)


def test_one_unit_has_no_interval():
    labels, clusters, inertia, _, _ = planted(20, 3, 0.5, 1, seed=0)
    resamples = Resamples.draw(np.zeros(20, dtype=np.int64), 9, 0)
    found = SiteAgreement(labels, resamples, labels[None], 0).intervals(SiteClusters(clusters, inertia, 0))
    assert np.isnan(found).all()
