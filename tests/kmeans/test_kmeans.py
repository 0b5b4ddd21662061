"""k-means against scikit-learn, on planted clusters, and where there is little to cluster."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from nucleate.errors import LabelsError
from nucleate.kmeans import greedy_starts, lloyd
from nucleate.kmeans.kmeans import kmeans


def planted(seed: int, n_examples: int = 300, d: int = 16, n_clusters: int = 8, distance: float = 8.0):
    """Gaussian clusters whose centers are a few standard deviations apart, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n_examples) % n_clusters
    centers = distance * rng.standard_normal((n_clusters, d)) / np.sqrt(2 * d)
    return centers[labels] + rng.standard_normal((n_examples, d)), labels


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("distance", [0.0, 3.0, 8.0])
def test_inertia_is_no_worse_than_that_of_scikit_learn(distance):
    ratios = []
    for seed in range(200):
        points, _ = planted(seed, distance=distance)
        theirs = KMeans(8, n_init=5, random_state=seed).fit(points).inertia_
        ratios.append(kmeans(points[None], 8, n_init=5, seed=seed).inertia.min() / theirs)
    # Single draws spread by half a percent, so that the median of 20 would tell 0.1 % from nothing by luck.
    assert np.median(ratios) < 1.001


def test_planted_clusters_are_found():
    points, labels = planted(1, distance=12.0)
    assert adjusted_rand_score(labels, kmeans(points[None], 8, seed=0).best_labels[0]) > 0.99


def test_every_point_has_the_label_of_its_nearest_center_and_inertia_is_their_distance():
    points, _ = planted(2, distance=3.0)
    result = kmeans(points[None], 8, n_init=4, seed=0)
    for labels, inertia, centers in zip(result.labels[0], result.inertia[0], result.centers[0], strict=True):
        squared = np.square(points[:, None] - centers).sum(axis=2)
        assert np.array_equal(labels, squared.argmin(axis=1))
        assert inertia == pytest.approx(squared.min(axis=1).sum(), rel=1e-6)


def test_inertia_of_tight_clusters_far_from_the_origin_is_exact():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 4
    points = 1e4 + 10.0 * rng.standard_normal((4, 8))[labels] + 1e-3 * rng.standard_normal((200, 8))
    means = np.stack([points[labels == label].mean(axis=0) for label in range(4)])
    result = kmeans(points[None], 4, seed=0)
    assert result.inertia.min() == pytest.approx(np.square(points - means[labels]).sum(), rel=1e-3)


def test_a_member_does_not_depend_on_its_batch():
    batch = np.stack([planted(seed, distance=2.0)[0] for seed in range(3)])
    together = kmeans(batch, 8, seed=3)
    for index, member in enumerate(batch):
        alone = kmeans(member[None], 8, seed=3)
        assert np.array_equal(together.labels[index], alone.labels[0])
        assert np.array_equal(together.inertia[index], alone.inertia[0])


def test_the_number_of_threads_changes_nothing(monkeypatch):
    batch = np.stack([planted(seed, distance=2.0)[0] for seed in range(3)])
    found = {}
    for n_threads in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", n_threads)
        found[n_threads] = kmeans(batch, 8, seed=3)
    assert np.array_equal(found["1"].labels, found["2"].labels)
    assert np.array_equal(found["1"].centers, found["2"].centers)


def test_same_seed_same_clusters_and_another_seed_other_starts():
    points = planted(4, distance=0.0)[0][None]
    first, again, other = (kmeans(points, 8, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.labels, again.labels)
    assert not np.array_equal(first.labels, other.labels)


@pytest.mark.parametrize(
    "room", [(lloyd, "KEPT_BYTES"), (lloyd, "BLOCK_BYTES"), (greedy_starts, "DISTANCE_BYTES")]
)
@pytest.mark.parametrize("distance", [0.0, 8.0])
def test_little_memory_changes_nothing_but_rounding(monkeypatch, room, distance):
    batch = np.stack([planted(seed, distance=distance)[0] for seed in range(2)])
    roomy = kmeans(batch, 8, seed=0)
    monkeypatch.setattr(*room, 4 * 10 * 8 * 7)
    tight = kmeans(batch, 8, seed=0)
    assert np.array_equal(roomy.labels, tight.labels)
    assert tight.inertia == pytest.approx(roomy.inertia, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-12, 1.0, 1e12]))
def test_rotated_moved_and_scaled_points_have_the_same_clusters(seed, scale):
    points, _ = planted(seed % 7, distance=12.0, n_clusters=4)
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.standard_normal((16, 16))).Q
    moved = scale * (points @ rotation + 100.0 * rng.standard_normal(16))
    before, after = (kmeans(each[None], 4, seed=0).best_labels[0] for each in (points, moved))
    assert adjusted_rand_score(before, after) == 1.0


def test_more_coordinates_than_points_are_clustered_as_well_as_by_scikit_learn():
    points, _ = planted(3, n_examples=60, d=200, distance=4.0)
    result = kmeans(points[None], 8, n_init=3, seed=0)
    squared = np.square(points[:, None] - result.centers[0, 1]).sum(axis=2)
    assert np.array_equal(result.labels[0, 1], squared.argmin(axis=1))
    assert result.inertia[0, 1] == pytest.approx(squared.min(axis=1).sum(), rel=1e-5)
    theirs = KMeans(8, n_init=3, random_state=0).fit(points).inertia_
    assert result.inertia.min() == pytest.approx(theirs, rel=0.01)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_constant_points_share_one_label(dtype):
    result = kmeans(np.full((1, 20, 3), 0.1, dtype=dtype), 5, seed=0)
    assert len(np.unique(result.best_labels)) == 1
    assert result.inertia.max() < 1e-9


def test_fewer_distinct_points_than_clusters():
    points = np.repeat(np.eye(3), 5, axis=0)
    result = kmeans(points[None], 7, seed=0)
    assert adjusted_rand_score(np.repeat(np.arange(3), 5), result.best_labels[0]) == 1.0
    assert result.inertia.min() == pytest.approx(0.0, abs=1e-9)


def test_one_cluster_is_the_whole_and_its_center_the_mean():
    points = planted(6)[0]
    result = kmeans(points[None], 1, n_init=2, seed=0)
    assert not result.labels.any()
    assert result.centers[0, 0, 0] == pytest.approx(points.mean(axis=0), abs=1e-5)


def test_as_many_clusters_as_examples_puts_each_on_its_own():
    result = kmeans(planted(7, n_examples=30)[0][None], 30, seed=0)
    assert len(np.unique(result.best_labels)) == 30
    assert result.inertia.min() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("points", "n_clusters", "n_init", "message"),
    [
        (np.zeros((1, 3, 2)), 4, 1, "between 1 and 3 clusters"),
        (np.zeros((1, 3, 2)), 0, 1, "between 1 and 3 clusters"),
        (np.zeros((0, 3, 2)), 2, 1, "at least one block"),
        (np.zeros((1, 3, 2)), 2, 0, "at least one block"),
        (np.full((1, 3, 2), np.nan), 2, 1, "not all finite"),
    ],
)
def test_bad_input_is_refused(points, n_clusters, n_init, message):
    with pytest.raises(LabelsError, match=message):
        kmeans(points, n_clusters, n_init=n_init, seed=0)
