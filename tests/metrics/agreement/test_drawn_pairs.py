"""Pairs counted for all sites at once are those that `Resamples.pairs` counts for one partition."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.metrics.agreement.drawn_pairs import DrawnPairs, DrawnStarts, n_pairs_within, pairs_within
from nucleate.metrics.agreement.rand_index import draw_starts
from nucleate.resampling.bootstrap import Resamples


@pytest.mark.parametrize("per_unit", [1, 3])
def test_pairs_of_every_replicate_are_those_of_its_own_start(per_unit):
    rng = np.random.default_rng(0)
    labels, groups = rng.integers(4, size=(2, 60))
    clusters, inertia = rng.integers(5, size=(3, 6, 60)), rng.random((3, 6))
    resamples = Resamples.draw(np.arange(60) // per_unit, 20, 1)
    drawn, pairs = DrawnStarts(clusters, inertia, 20, 2), DrawnPairs(resamples, labels, groups)
    (both, own), (both_within, own_within) = pairs.of_all(drawn), pairs.within(drawn)
    for site in range(3):
        for replicate, start in enumerate(draw_starts(inertia[site], 20, 2)):
            partition, only = clusters[site, start], slice(replicate, replicate + 1)
            together = partition * 4 + labels
            assert both[site, replicate] == resamples.pairs(together, only)
            assert own[site, replicate] == resamples.pairs(partition, only)
            assert both_within[site, replicate] == resamples.pairs(together * 4 + groups, only)
            assert own_within[site, replicate] == resamples.pairs(partition * 4 + groups, only)


def test_pairs_within_groups_are_all_of_them_once():
    groups = np.array([2, 0, 1, 0, 2, 2])
    found = {frozenset(pair) for pair in zip(*(each.tolist() for each in pairs_within(groups)), strict=True)}
    assert found == {frozenset(pair) for pair in [(0, 4), (0, 5), (4, 5), (1, 3)]}
    assert n_pairs_within(groups) == len(pairs_within(groups)[0]) == 4
