import numpy as np

from nucleate.metrics.agreement.rand_index import adjusted_rand_index
from nucleate.resampling.half_samples import N_CLUSTERED, Halves
from nucleate.scoring.methods import METHODS, Clusters, by_kmeans
from nucleate.scoring.rows import half_clusters
from nucleate.scoring.rows.half_clusters import HalfClusters


def planted(n=60, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 4
    points = (10 * rng.normal(size=(2, 4, 3)))[:, labels] + rng.normal(size=(2, n, 3))
    return labels, points.astype(np.float32), Halves.draw(np.arange(n), 1).rows


def test_a_half_is_clustered_as_if_nobody_else_were_there(monkeypatch):
    labels, points, halves = planted()
    found = HalfClusters(points, halves).anew(by_kmeans, labels, 5)
    assert len(found) == N_CLUSTERED
    for rows, own in found:
        alone = by_kmeans(points[:, rows], len(np.unique(labels[rows])), n_init=1, seed=5).labels[:, 0]
        np.testing.assert_array_equal(own, alone)
    monkeypatch.setattr(half_clusters, "HELD_BYTES", 1)  # one half at a time
    again = HalfClusters(points, halves).anew(by_kmeans, labels, 5)
    assert all(np.array_equal(one[1], other[1]) for one, other in zip(found, again, strict=True))


def test_factors_with_as_many_labels_share_their_clusters():
    labels, points, halves = planted()
    asked = []

    def noted(points, n_clusters, *, n_init, seed):
        asked.append((n_clusters, n_init))
        return by_kmeans(points, n_clusters, n_init=n_init, seed=seed)

    halved = HalfClusters(points, halves)
    for each in (labels, labels[::-1].copy(), labels // 2):
        halved.anew(noted, each, 5)
    assert asked == [(4, 1), (2, 1)]


def test_where_the_data_tell_the_number_labels_are_not_asked():
    labels, points, halves = planted(n=200)
    halved = HalfClusters(points, halves)
    found = halved.anew(METHODS["hdbscan"], None, 0)
    assert len(found) == N_CLUSTERED
    assert found == halved.anew(METHODS["hdbscan"], None, 1), "of all factors"
    assert all(adjusted_rand_index(labels[rows], own[0]) > 0.5 for rows, own in found)


def test_where_no_half_can_be_parted_there_is_nothing():
    labels, points, halves = planted()
    halved = HalfClusters(points, halves)
    assert halved.anew(by_kmeans, np.zeros_like(labels), 0) == []
    assert halved.anew(by_kmeans, np.arange(len(labels)), 0) == []
    assert HalfClusters(points, ()).anew(by_kmeans, labels, 0) == []


def test_halves_draw_starts_of_the_sample_the_lowest_of_as_many_as_there_are():
    labels, points, halves = planted()
    starts = np.stack([np.stack([labels, labels[::-1]])] * 2)
    drawn = HalfClusters(points, halves).drawn(
        Clusters(starts, np.array([[2.0, 1.0], [0.5, 1.0]]), (4, 4)), 3
    )
    assert len(drawn) == len(halves)
    from_start = np.array(
        [[np.array_equal(own[site], labels[rows]) for site in (0, 1)] for rows, own in drawn]
    )
    for rows, own in drawn:
        for site in (0, 1):
            assert any(np.array_equal(own[site], start[rows]) for start in (labels, labels[::-1]))
    assert 0 < from_start[:, 0].sum() <= len(halves) / 2 <= from_start[:, 1].sum() < len(halves)
