import numpy as np
from sklearn.neighbors import NearestNeighbors

from nucleate.pictures.neighbors import N_NEAREST, neighbors_of


def test_neighbors_are_those_of_scikit_learn_and_distances_go_to_means():
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(3, 50, 8)).astype(np.float32), np.arange(50) % 4
    found = neighbors_of(points, labels, 30)
    assert found.nearest.shape == (3, 30, N_NEAREST)
    for site in range(3):
        oracle = NearestNeighbors(n_neighbors=N_NEAREST).fit(points[site, :30]).kneighbors()[1]
        np.testing.assert_array_equal(found.nearest[site], oracle)
        means = np.stack([points[site][labels == k].mean(axis=0) for k in range(4)])
        away = np.linalg.norm(points[site, :30, None] - means, axis=2)
        own = labels[:30, None] == np.arange(4)
        np.testing.assert_allclose(found.to_own[site], away[own], rtol=1e-4)
        np.testing.assert_allclose(found.to_other[site], np.where(own, np.inf, away).min(axis=1), rtol=1e-4)


def test_few_points_have_fewer_neighbors():
    points = np.array([[[0.0], [1.0], [3.0]]])
    found = neighbors_of(points, np.array([0, 1, 1]), 3)
    assert found.nearest[0].tolist() == [[1, 2], [0, 2], [1, 0]]
    assert len(list(found.by_site())) == 1
