import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestCentroid

from nucleate.errors import LabelsError
from nucleate.metrics.centroids import Centroids, nearest_center, plane_of


@pytest.fixture
def states():
    rng = np.random.default_rng(0)
    return rng.standard_normal((2, 60, 5)).astype(np.float32) + 100, np.repeat([7, 3, 9], 20)


def test_means_distances_and_assignment_are_scikit_learns(states):
    values, labels = states
    centroids = Centroids.of(values, labels)
    np.testing.assert_array_equal(centroids.tasks, [3, 7, 9])
    for site in range(2):
        oracle = NearestCentroid().fit(values[site].astype(float), labels)
        np.testing.assert_allclose(centroids.means[site], oracle.centroids_, rtol=1e-6)
        distances = centroids.distances(values)[site]
        np.testing.assert_allclose(
            distances, pairwise_distances(values[site], centroids.means[site]), atol=1e-4
        )
        np.testing.assert_array_equal(
            centroids.tasks[distances.argmin(1)], oracle.predict(values[site].astype(float))
        )


def test_the_nearest_center_is_found_far_from_the_origin_too(states):
    values, _ = states
    points, centers = values[0] + np.float32(1e3), values[0][:7] + np.float32(1e3)
    oracle = pairwise_distances(points.astype(float), centers.astype(float)).argmin(1)
    np.testing.assert_array_equal(nearest_center(points, centers), oracle)


@pytest.mark.parametrize("far", [0.0, 1e4])
def test_what_is_left_out_has_no_part_in_a_centroid(states, far):
    """Against means taken again without each group, one after the other."""
    values, labels = states
    values = values + np.float32(far)
    rng = np.random.default_rng(1)
    groups, tested = rng.integers(10, size=60), rng.integers(12, size=9)
    centroids = Centroids.of(values, labels, groups)
    new = values[:, :9] + rng.standard_normal((2, 9, 5)).astype(np.float32)
    distances = centroids.distances(new, tested)
    for example, group in enumerate(tested):
        rest = Centroids.of(values[:, groups != group], labels[groups != group])
        expected = rest.distances(new[:, [example]])[:, 0]
        np.testing.assert_allclose(distances[:, example], expected, atol=1e-3 if far else 1e-4)
        found = centroids.means_without(1, tested)[example]
        np.testing.assert_allclose(found, rest.means[1], rtol=1e-5)


def test_a_centroid_of_which_nothing_is_left_is_infinitely_far(states):
    values, labels = states
    centroids = Centroids.of(values, labels, labels)
    distances = centroids.distances(values, labels)
    is_own = centroids.tasks == labels[:, None]
    assert np.isinf(distances[:, is_own]).all() and np.isfinite(distances[:, ~is_own]).all()
    assert np.isnan(centroids.means_without(0, labels)[is_own]).all()


def test_the_subspace_holds_every_difference_of_centroids_and_no_more(states):
    centroids = Centroids.of(*states)
    basis = plane_of(centroids.means[0])
    assert basis.shape == (5, 2)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-5)
    difference = centroids.means[0, 2] - centroids.means[0, 0]
    np.testing.assert_allclose(difference @ basis @ basis.T, difference, atol=1e-4)


def test_a_task_without_centroid_and_a_single_task_are_refused(states):
    values, labels = states
    assert Centroids.of(values, labels).index_of(np.array([9, 3])).tolist() == [2, 0]
    with pytest.raises(LabelsError, match="task 8 has no centroid"):
        Centroids.of(values, labels).index_of(np.array([9, 8]))
    with pytest.raises(LabelsError, match="1 task among 60"):
        Centroids.of(values, np.zeros(60, dtype=int))
