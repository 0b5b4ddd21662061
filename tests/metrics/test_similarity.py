"""CKA and class-RSA against plain definitions, and what must not change them."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import ortho_group, spearmanr

from nucleate.metrics.similarity import cka, class_rsa

RNG = np.random.default_rng(0)
STATES, OTHERS = RNG.normal(size=(2, 30, 5)), RNG.normal(size=(3, 30, 7))
OTHERS[0] += STATES[0] @ RNG.normal(size=(5, 7))
LABELS = np.arange(30) % 6


def hsic(x, y):
    """Song et al. (2012), equation 5, as it is written."""
    n, ones = len(x), np.ones(len(x))
    k, m = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0), np.fill_diagonal(m, 0)
    parts = np.trace(k @ m) + (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
    return (parts - 2 / (n - 2) * ones @ k @ m @ ones) / (n * (n - 3))


def test_cka_is_the_ratio_of_unbiased_independence():
    found = cka(STATES, OTHERS)
    for i, x in enumerate(STATES):
        for j, y in enumerate(OTHERS):
            assert found[i, j] == pytest.approx(hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y)))


def test_the_same_up_to_rotation_shift_and_scale_is_alike():
    turned = 3.0 * STATES @ ortho_group.rvs(5, random_state=1) + 7.0
    assert np.diag(cka(STATES, turned)) == pytest.approx(1.0)
    assert np.diag(class_rsa(STATES, turned, LABELS)) == pytest.approx(1.0)
    np.testing.assert_allclose(cka(turned, OTHERS), cka(STATES, OTHERS))


def test_wide_states_that_have_nothing_in_common_are_about_0_of_few_examples():
    pairs = [cka(RNG.normal(size=(1, 20, 300)), RNG.normal(size=(1, 20, 300)))[0, 0] for _ in range(40)]
    assert abs(np.mean(pairs)) < 0.03, "the plain index has 0.9 here"


def test_class_rsa_is_the_rank_correlation_of_distances_between_class_means():
    means = [[one[label == LABELS].mean(axis=0) for label in range(6)] for one in (STATES[1], OTHERS[2])]
    expected = spearmanr(pdist(means[0]), pdist(means[1])).statistic
    assert class_rsa(STATES, OTHERS, LABELS)[1, 2] == pytest.approx(expected)


def test_nothing_is_said_of_too_little():
    assert np.isnan(cka(STATES[:, :3], OTHERS[:, :3])).all()
    assert np.isnan(class_rsa(STATES, OTHERS, np.arange(30) % 3)).all()
    assert np.isnan(cka(np.ones((1, 30, 4)), OTHERS)).all()
