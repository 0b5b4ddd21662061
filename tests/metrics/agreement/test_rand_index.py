"""The Adjusted Rand Index against scikit-learn, and how often its interval covers what it should."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, cohen_kappa_score

from nucleate.errors import LabelsError
from nucleate.metrics.agreement.rand_index import (
    MISPLACED,
    adjusted_rand_index,
    adjusted_rand_indices,
    adjusted_rand_interval,
    adjusted_rand_of_each,
    adjusted_rand_permuted,
    adjusted_rand_replicates,
    draw_starts,
    misplace,
    stability,
)
from nucleate.resampling import bootstrap
from nucleate.resampling.bootstrap import Resamples, permute_labels
from tests.noisy_partitions import PARTITIONS, noisy


def interval(labels, clusters, units, seed=0, n_resamples=200):
    resamples = Resamples.draw(units, n_resamples, seed)
    return adjusted_rand_interval(labels, clusters[None], np.zeros(1), resamples, seed=seed)


def one_by_one(labels, clusters, starts, resamples, groups):
    """The plain way: every replicate written out as pairs of the copies of its examples."""
    for start, copies in zip(starts, resamples.copies.T, strict=True):
        examples = np.repeat(np.arange(len(labels)), copies[resamples.units])
        unit = resamples.units[examples]
        copy = np.concatenate([np.arange(n) for n in copies[resamples.units]])
        counts = np.triu((unit[:, None] != unit) | (copy[:, None] == copy), k=1)
        counts &= groups[examples][:, None] != groups[examples] if groups is not None else True
        with_label = counts & (labels[examples][:, None] == labels[examples])
        with_cluster = counts & (clusters[start][examples][:, None] == clusters[start][examples])
        a, b, n = with_label.sum(), with_cluster.sum(), counts.sum()
        both = (with_label & with_cluster).sum()
        if n == 0 or (groups is not None and a == 0):
            yield np.nan
        else:
            yield 1.0 if a == b == both else (both - a * b / n) / ((a + b) / 2 - a * b / n)


@pytest.mark.parametrize("seed", range(5))
def test_as_many_units_are_misplaced_whatever_they_are_called(seed):
    """Instructions have the numbers of a whole corpus: of 5,000 the 200 of a sample were hardly ever drawn."""
    clusters = np.arange(200) % 20
    units = np.sort(np.random.default_rng(seed).choice(5000, 200, replace=False))
    moved = misplace(clusters, units, seed)
    assert (moved != clusters).sum() == MISPLACED
    np.testing.assert_array_equal(moved, misplace(clusters, np.arange(200), seed))


@given(PARTITIONS)
def test_index_equals_that_of_scikit_learn(partitions):
    labels, clusters = partitions
    assert adjusted_rand_index(labels, clusters) == pytest.approx(
        adjusted_rand_score(labels, clusters), abs=1e-12
    )


@pytest.mark.parametrize("n_labels", [1, 2, 300, 100_000])
def test_index_equals_that_of_scikit_learn_at_many_points(n_labels):
    labels, clusters, _ = noisy(np.random.default_rng(0), 100_000, n_labels, kept=0.5)
    ours, theirs = adjusted_rand_index(labels, clusters), adjusted_rand_score(labels, clusters)
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_one_misplaced_example_among_very_many_is_seen():
    labels = np.zeros(1_000_000, dtype=np.int64)
    labels[0] = 1
    clusters = labels.copy()
    clusters[1] = 1
    assert adjusted_rand_index(labels, clusters) == pytest.approx(adjusted_rand_score(labels, clusters))


@given(PARTITIONS, st.integers(0, 2**32 - 1))
def test_index_knows_neither_names_nor_order(partitions, seed):
    labels, clusters = partitions
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(len(labels)), rng.permutation(10)
    renamed = adjusted_rand_index(labels[order], names[clusters[order] + 3])
    assert renamed == adjusted_rand_index(labels, clusters) == adjusted_rand_index(clusters, labels)


def test_equal_partitions_score_one_and_shuffled_ones_zero():
    labels = np.arange(2000) % 20
    shuffled = np.random.default_rng(0).permutation(labels)
    assert adjusted_rand_index(labels, labels + 7) == 1.0
    assert abs(adjusted_rand_index(labels, shuffled)) < 0.01


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("per_unit", [1, 5])
def test_interval_covers_the_index_of_other_samples(kept, per_unit):
    rng = np.random.default_rng(0)
    samples = [noisy(rng, 150, 10, kept, per_unit) for _ in range(100)]
    expected = np.mean([adjusted_rand_index(labels, clusters) for labels, clusters, _ in samples])
    intervals = np.array([interval(*sample, seed=seed) for seed, sample in enumerate(samples)])
    covered = (intervals[:, 0] <= expected) & (expected <= intervals[:, 1])
    # 95 of 100 are due; of 100 draws at that rate fewer than 88 come once in 500 times.
    assert covered.mean() >= 0.88


@pytest.mark.parametrize("per_unit", [1, 5])
def test_interval_holds_the_value_and_is_not_lifted_by_copies(per_unit):
    labels, clusters, units = noisy(np.random.default_rng(1), 300, 10, 0.5, per_unit)
    value = adjusted_rand_index(labels, clusters)
    low, high = interval(labels, clusters, units, n_resamples=1000)
    assert low < value < high
    assert (low + high) / 2 == pytest.approx(value, abs=0.01)


@given(PARTITIONS, st.integers(0, 2**32 - 1), st.booleans())
def test_replicates_at_once_are_those_of_the_plain_way(partitions, seed, is_across):
    labels, clusters = partitions
    rng = np.random.default_rng(seed)
    starts = draw_starts(rng.random(2), 7, seed)
    resamples = Resamples.draw(rng.integers(1 + len(labels) // 2, size=len(labels)), 7, seed)
    clusters = np.stack([clusters, rng.permutation(clusters)])
    groups = rng.integers(4, size=len(labels)) if is_across else None
    found = adjusted_rand_replicates(labels, clusters, starts, resamples, groups)
    expected = list(one_by_one(labels, clusters, starts, resamples, groups))
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_chunks_change_nothing(monkeypatch):
    sample = noisy(np.random.default_rng(9), 100, 5, 0.5, per_unit=2)
    whole = interval(*sample)
    monkeypatch.setattr(bootstrap, "CHUNK_VALUES", 700)
    assert interval(*sample) == whole


@given(PARTITIONS, st.integers(0, 2**32 - 1))
def test_permutations_at_once_are_those_of_scikit_learn(partitions, seed):
    labels, clusters = partitions
    units = np.random.default_rng(seed).integers(5, size=len(labels))
    permuted = permute_labels(labels, units, 6, seed)
    expected = [adjusted_rand_score(one, clusters) for one in permuted]
    assert adjusted_rand_indices(permuted, clusters) == pytest.approx(expected, abs=1e-12)
    assert adjusted_rand_permuted(permuted, clusters) == pytest.approx(expected, abs=1e-12)


def kappa_across(labels, clusters, groups):
    """The plain way: every pair of two groups is asked twice, and scikit-learn compares the answers."""
    first, second = np.triu_indices(len(labels), k=1)
    across = groups[first] != groups[second]
    same_label, same_cluster = (
        (each[first] == each[second])[across].astype(int) for each in (labels, clusters)
    )
    return cohen_kappa_score(same_label, same_cluster, labels=[0, 1]) if same_label.any() else np.nan


@given(PARTITIONS, st.integers(0, 2**32 - 1))
def test_index_across_groups_is_kappa_over_pairs_of_two_groups(partitions, seed):
    labels, clusters = partitions
    rng = np.random.default_rng(seed)
    groups = rng.integers(4, size=len(labels))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn divides by 0 where all agree on one answer: 1 for us
        expected = kappa_across(labels, clusters, groups)
    found = adjusted_rand_index(labels, clusters, groups)
    if not math.isnan(expected):
        assert found == pytest.approx(expected, abs=1e-12)
    permuted = np.stack([rng.permutation(labels) for _ in range(3)])
    one_by_one_ = [adjusted_rand_index(each, clusters, groups) for each in permuted]
    assert adjusted_rand_permuted(permuted, clusters, groups) == pytest.approx(one_by_one_, nan_ok=True)
    of_each = [adjusted_rand_index(clusters, each, groups) for each in permuted]
    assert np.array_equal(adjusted_rand_of_each(clusters, permuted, groups), of_each, equal_nan=True)
    apart = np.arange(len(labels))
    if len(np.unique(labels)) < len(labels):
        assert adjusted_rand_index(labels, clusters, apart) == adjusted_rand_index(labels, clusters)


def test_perfect_dialects_joined_at_random_agree_with_tasks_but_not_across_dialects():
    """20 tasks of three dialects, as in `quick`: plain agreement is taken in by what no task joins."""
    dialect = np.repeat(np.arange(60), 7)
    task = dialect // 3
    joined = [np.random.default_rng(seed).permutation(60)[dialect] // 3 for seed in range(50)]
    plain, across = (
        np.mean([adjusted_rand_index(task, each, groups) for each in joined]) for groups in (None, dialect)
    )
    assert plain > 0.28
    assert abs(across) < 0.02
    assert adjusted_rand_index(task, task, dialect) == 1.0
    assert math.isnan(adjusted_rand_index(dialect, task, dialect))


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
def test_interval_across_groups_covers_the_index_of_other_samples(kept):
    rng = np.random.default_rng(1)
    samples = [noisy(rng, 150, 10, kept) for _ in range(100)]
    groups = np.arange(150) % 3
    expected = np.mean([adjusted_rand_index(task, found, groups) for task, found, _ in samples])
    intervals = np.array(
        [
            adjusted_rand_interval(
                task, found[None], np.zeros(1), Resamples.draw(units, 200, seed), seed=seed, groups=groups
            )
            for seed, (task, found, units) in enumerate(samples)
        ]
    )
    covered = (intervals[:, 0] <= expected) & (expected <= intervals[:, 1])
    assert covered.mean() >= 0.88  # as for all pairs


def test_stability_is_agreement_between_starts():
    labels = np.arange(60) % 3
    other = np.random.default_rng(0).permutation(labels)
    assert stability(np.stack([labels, labels + 1, labels])) == 1.0
    found = stability(np.stack([labels, labels, other]))
    assert found == pytest.approx((1 + 2 * adjusted_rand_score(labels, other)) / 3)
    assert math.isnan(stability(labels[None]))


def test_interval_is_as_wide_as_few_units_make_it():
    labels, clusters, units = noisy(np.random.default_rng(2), 100, 5, 0.5, per_unit=10)
    by_unit = np.diff(interval(labels, clusters, units))
    by_example = np.diff(interval(labels, clusters, np.arange(len(labels))))
    assert by_unit > 2 * by_example


def test_interval_takes_in_the_starts():
    rng = np.random.default_rng(3)
    labels, good, units = noisy(rng, 300, 5, 0.95)
    bad = noisy(rng, 300, 5, 0.0)[1]
    inertia = np.array([2.0, 1.0])
    resamples = Resamples.draw(units, 200, 0)
    low, high = adjusted_rand_interval(labels, np.stack([bad, good]), inertia, resamples, seed=0)
    assert low < 0.1 < 0.8 < high


def test_starts_that_are_not_the_lowest_of_a_draw_do_not_count():
    labels, clusters, units = noisy(np.random.default_rng(4), 100, 5, 0.5)
    starts = np.stack([clusters] * 3)
    resamples = Resamples.draw(units, 50, 0)
    low, high = adjusted_rand_interval(labels, starts, np.arange(3.0), resamples, seed=0)
    assert low < adjusted_rand_index(labels, clusters) < high


def test_equal_partitions_of_few_units_are_less_sure_than_of_many():
    few, many = (interval(np.arange(n) % 5, np.arange(n) % 5, np.arange(n)) for n in (50, 5000))
    assert few[1] == many[1] == 1.0
    assert 0.7 < few[0] < 0.9
    assert 0.995 < many[0] < 1.0
    assert interval(np.zeros(50, dtype=np.int64), np.zeros(50, dtype=np.int64), np.arange(50)) == (1.0, 1.0)


def test_interval_is_a_function_of_its_seed():
    sample = noisy(np.random.default_rng(5), 100, 5, 0.5)
    assert interval(*sample, seed=1) == interval(*sample, seed=1) != interval(*sample, seed=2)


def test_one_unit_has_no_interval():
    labels, clusters, _ = noisy(np.random.default_rng(6), 20, 3, 0.5)
    assert all(math.isnan(end) for end in interval(labels, clusters, np.zeros(20, dtype=np.int64)))


def test_interval_at_many_points():
    labels, clusters, units = noisy(np.random.default_rng(7), 20_000, 20, 0.5, per_unit=5)
    low, high = interval(labels, clusters, units, n_resamples=50)
    assert low < adjusted_rand_index(labels, clusters) < high
    assert high - low < 0.02


@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_input_is_refused():
    two, three = np.arange(2), np.arange(3)
    with pytest.raises(LabelsError, match="got 3 for 2 labels"):
        adjusted_rand_index(two, three)
    with pytest.raises(LabelsError, match="two examples or more"):
        adjusted_rand_index(two[:1], two[:1])
    with pytest.raises(LabelsError, match="one inertia per start"):
        adjusted_rand_interval(two, two[None], np.zeros(2), Resamples.draw(two, 9, 0), seed=0)
    with pytest.raises(LabelsError, match="got 3 for 2 labels"):
        interval(two, two, three)
