"""What is read off a table of labels by clusters, against scikit-learn and against all ways of naming."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from nucleate.errors import LabelsError
from nucleate.metrics.agreement.contingency import (
    adjusted_mutual_information,
    commonest_names,
    contingencies,
    contingency,
    expected_information,
    matched_names,
    share_named_right,
)
from tests.noisy_partitions import PARTITIONS, noisy


@given(PARTITIONS)
def test_mutual_information_and_purity_equal_those_of_scikit_learn(partitions):
    labels, clusters = partitions
    table = contingency(labels, clusters)
    theirs = contingency_matrix(labels, clusters)
    assert np.array_equal(table, theirs)
    assert adjusted_mutual_information(table) == pytest.approx(
        adjusted_mutual_info_score(labels, clusters), abs=1e-9
    )
    purity = share_named_right(table, commonest_names(table))
    assert purity == theirs.max(axis=0).sum() / len(labels)
    assert 0 < share_named_right(table, matched_names(table)) <= purity <= 1


@pytest.mark.parametrize("n_labels", [1, 2, 300, 100_000])
def test_figures_of_a_table_at_many_points(n_labels):
    labels, clusters, _ = noisy(np.random.default_rng(0), 100_000, n_labels, kept=0.5)
    if n_labels == 100_000:  # a table of all cells would have 1e10
        labels, clusters = labels % 2000, clusters % 2000
    table = contingency(labels, clusters)
    theirs = contingency_matrix(labels, clusters)
    assert adjusted_mutual_information(table) == pytest.approx(
        adjusted_mutual_info_score(labels, clusters), abs=1e-9
    )
    assert share_named_right(table, commonest_names(table)) == theirs.max(axis=0).sum() / 100_000
    best = linear_sum_assignment(theirs, maximize=True)
    assert share_named_right(table, matched_names(table)) == theirs[best].sum() / 100_000


@given(PARTITIONS, st.integers(0, 2**32 - 1))
def test_tables_at_once_are_those_one_by_one(partitions, seed):
    labels, clusters = partitions
    permuted = np.random.default_rng(seed).permuted(np.tile(labels, (4, 1)), axis=1)
    tables = contingencies(permuted, clusters)
    assert np.array_equal(tables, [contingency(each, clusters) for each in permuted])
    expected = [adjusted_mutual_info_score(each, clusters) for each in permuted]
    found = adjusted_mutual_information(tables, expected_information(tables[0]))
    assert found == pytest.approx(expected, abs=1e-9)
    for name in (matched_names, commonest_names):
        one_by_one = [share_named_right(table, name(table)) for table in tables]
        assert np.array_equal(share_named_right(tables, name(tables)), one_by_one)


def test_expected_information_depends_on_the_sizes_of_cells_alone():
    labels, clusters, _ = noisy(np.random.default_rng(5), 200, 6, 0.5)
    permuted = np.random.default_rng(0).permutation(labels)
    expected = expected_information(contingency(labels, clusters))
    table = contingency(permuted, clusters)
    assert expected_information(table) == pytest.approx(expected, rel=1e-12)
    assert adjusted_mutual_information(table, expected) == pytest.approx(
        adjusted_mutual_info_score(permuted, clusters), abs=1e-9
    )


def test_matched_share_is_the_best_of_all_ways_to_name_the_clusters():
    rng = np.random.default_rng(0)
    labels, clusters = rng.integers(4, size=(2, 50))
    ways = (np.mean(np.array(names)[clusters] == labels) for names in itertools.permutations(range(4)))
    table = contingency(labels, clusters)
    assert share_named_right(table, matched_names(table)) == max(ways)


@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_input_is_refused():
    two, three = np.arange(2), np.arange(3)
    with pytest.raises(LabelsError, match="got 3 for 2 labels"):
        contingency(two, three)
    with pytest.raises(LabelsError, match="two examples or more"):
        contingency(two[:1], two[:1])
