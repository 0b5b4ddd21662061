import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import nucleate
from nucleate.arrays.agreement import agreement
from nucleate.errors import ConfigError, LabelsError


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(0)
    labels = rng.integers(5, size=300)
    return labels, np.where(rng.random(300) < 0.3, rng.integers(5, size=300), labels)


def test_the_value_is_scikit_learns_between_its_ends_and_above_chance(noisy):
    labels, clusters = noisy
    found = agreement(labels, clusters)
    assert found.value == pytest.approx(adjusted_rand_score(labels, clusters))
    assert found.ci_low < found.value < found.ci_high
    assert abs(found.chance) < found.chance_high < 0.05 < found.ci_low


def test_names_of_any_kind_are_partitions(noisy):
    labels, clusters = noisy
    words = pd.Series([f"task {label}" for label in labels])
    assert agreement(words, clusters.astype(float)).value == agreement(labels, clusters).value
    assert agreement(words.astype("category"), clusters.tolist()) == agreement(labels, clusters)


def test_groups_widen_the_interval_and_raise_chance(noisy):
    """Ten groups of thirty examples that share their label and their cluster are ten examples, not 300."""
    labels, clusters = (
        np.repeat([0, 0, 0, 1, 1, 1, 2, 2, 2, 2], 30),
        np.repeat([0, 0, 1, 1, 1, 1, 2, 2, 2, 0], 30),
    )
    alone, grouped = agreement(labels, clusters), agreement(labels, clusters, np.repeat(np.arange(10), 30))
    assert alone.value == grouped.value
    assert grouped.ci_high - grouped.ci_low > 3 * (alone.ci_high - alone.ci_low)
    assert grouped.chance_high > 3 * alone.chance_high


def test_several_starts_are_taken_into_the_interval(noisy):
    labels, clusters = noisy
    worse = np.random.default_rng(1).permutation(clusters)
    both = agreement(labels, np.stack([clusters, worse]))
    assert both.value == agreement(labels, clusters).value
    assert both.ci_low < 0.05


def test_one_group_has_no_interval_and_mistakes_are_named():
    found = nucleate.agreement([0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1])
    assert math.isnan(found.ci_low)
    with pytest.raises(LabelsError, match="got 3 for 2 labels"):
        agreement([0, 1], [0, 1, 1])
    with pytest.raises(LabelsError, match="two examples or more"):
        agreement([0], [0])
    with pytest.raises(LabelsError, match=r"labels has the shape .* one value per example"):
        agreement([[0, 1]], [0, 1])


@pytest.mark.parametrize(
    ("clusters", "what"),
    [
        ([], "two examples or more, got 0"),
        (np.empty((0, 2)), "of no start"),
        ([[0, 1], [0]], "cannot be an array"),
        ({0, 1}, "has the type set"),
        ([0, None], "is missing"),
    ],
)
def test_clusters_that_cannot_be_are_named(clusters, what):
    with pytest.raises(LabelsError, match=what):
        agreement([0, 1][: len(clusters) if isinstance(clusters, list) else 2], clusters)


@pytest.mark.parametrize("draws", [{"n_resamples": 0}, {"n_permutations": 0}, {"n_permutations": 1.5}])
def test_draws_are_one_or_more(draws):
    with pytest.raises(ConfigError, match="expected a whole number"):
        agreement([0, 0, 1, 1], [0, 1, 1, 1], **draws)
