import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from nucleate.unseen.membership import (
    Membership,
    area_under_curve,
    error_anatomy,
    mean_of_known,
    membership_figures,
)

ONES = np.ones((1, 8))


def members(distances, answered):
    """Examples of task 0 among three tasks, at one site."""
    distances = np.array(distances, dtype=float)[None]
    return Membership(distances, np.zeros(len(answered), dtype=int), np.array(answered, dtype=bool))


@pytest.fixture
def eight():
    """Six lie with their own task, five of these are answered right; of the other two, one is."""
    near, far = [1, 2, 4], [3, 2, 4]
    return members([near] * 6 + [far] * 2, [1, 1, 1, 1, 1, 0, 1, 0])


def test_figures_of_a_known_table(eight):
    found = {name: value[0, 0] for name, value in membership_figures(eight, ONES).items()}
    assert found["assignment_accuracy"] == 6 / 8
    assert found["accuracy_if_right"] == pytest.approx(5 / 6)
    assert found["accuracy_if_wrong"] == 1 / 2
    assert found["odds_ratio"] == pytest.approx(5.5 * 1.5 / (1.5 * 1.5))
    assert found["auroc"] == pytest.approx((5 * 1 + (5 * 1 + 1 * 1) / 2) / 12)
    assert found["relative_distance"] == pytest.approx((6 * 1 / 3 + 2 * 3 / 3) / 8)
    np.testing.assert_array_equal(eight.margin[0], [1] * 6 + [-1] * 2)


def test_centroids_of_which_nothing_is_left_have_no_distance():
    nothing = np.inf
    some = members([[1, 2, 4], [nothing, 2, 4], [1, nothing, 4], [1, nothing, nothing]], [1, 1, 0, 0])
    np.testing.assert_allclose(some.relative_distance[0], [1 / 3, np.nan, 1 / 4, np.nan])
    weights = np.array([[1.0, 1, 1, 1], [3, 0, 1, 5], [0, 2, 0, 1]])
    found = membership_figures(some, weights)["relative_distance"][0]
    np.testing.assert_allclose(found, [7 / 24, 5 / 16, np.nan])


def test_a_mean_is_of_the_values_that_are_there():
    values = np.array([[np.nan] * 8 + [0.5] * 12, [np.nan] * 20])
    np.testing.assert_array_equal(mean_of_known(values, np.ones((1, 20)))[:, 0], [0.5, np.nan])


def test_weights_are_copies(eight):
    copies = np.array([2, 0, 1, 3, 0, 1, 2, 1])
    repeated = np.repeat(np.arange(8), copies)
    again = Membership(eight.distances[:, repeated], eight.own[repeated], eight.answered[repeated])
    weighted = membership_figures(eight, copies[None].astype(float))
    for name, value in membership_figures(again, np.ones((1, len(repeated)))).items():
        np.testing.assert_allclose(weighted[name], value)


def test_area_under_curve_is_scikit_learns_with_ties_and_weights():
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 6, 50).astype(float), rng.random(50) < 0.4
    weights = rng.integers(0, 4, (3, 50)).astype(float)
    expected = [roc_auc_score(positive, scores, sample_weight=one) for one in weights]
    np.testing.assert_allclose(area_under_curve(scores, positive, weights), expected)


def test_without_an_error_there_is_nothing_to_compare(eight):
    all_right = Membership(eight.distances, eight.own, np.ones(8, dtype=bool))
    found = membership_figures(all_right, ONES)
    assert np.isnan(found["odds_ratio"]).all()
    assert np.isnan(found["auroc"]).all()
    assert found["accuracy_if_wrong"] == 1.0


def test_errors_are_held_against_the_nearest_wrong_task_and_against_any():
    examples = members([[1, 2, 4], [1, 4, 2], [1, 2, 4], [1, 2, 4]], [0, 0, 1, 0])
    answers = np.array([[10] * 4, [11, 11, 11, -1], [12, 12, 12, 10]])
    nearest, by_chance = error_anatomy(examples, answers, np.array([11, 11, 10, 5]), np.full(4, 10))
    np.testing.assert_array_equal(nearest[0], [1, 0, np.nan, np.nan])  # right; no other task differs
    np.testing.assert_array_equal(by_chance, [0.5, 0.5, np.nan, np.nan])
