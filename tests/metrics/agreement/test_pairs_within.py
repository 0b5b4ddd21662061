import numpy as np

from nucleate.metrics.agreement.pairs_within import n_pairs_within, pairs_within


def test_pairs_within_groups_are_all_of_them_once():
    groups = np.array([2, 0, 1, 0, 2, 2])
    found = {frozenset(pair) for pair in zip(*(each.tolist() for each in pairs_within(groups)), strict=True)}
    assert found == {frozenset(pair) for pair in [(0, 4), (0, 5), (4, 5), (1, 3)]}
    assert n_pairs_within(groups) == len(pairs_within(groups)[0]) == 4
