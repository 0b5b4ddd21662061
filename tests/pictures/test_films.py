import numpy as np

from nucleate.pictures.films import N_COMPONENTS, films, reduced
from nucleate.pictures.tsne import embed


def test_a_film_is_its_pictures_each_begun_at_the_one_before():
    rng = np.random.default_rng(0)
    series = {0: rng.normal(size=(2, 40, 5)), 7: rng.normal(size=(2, 40, 5))}
    made = films(series, seed=3)
    assert list(made) == [0, 7] and made[7].shape == (2, 40, 2)
    for site in (0, 1):
        first = embed(series[0][site], None, seed=3).picture
        np.testing.assert_array_equal(made[0][site], first)
        np.testing.assert_array_equal(made[7][site], embed(series[7][site], first, seed=3).picture)


def test_nothing_makes_no_film():
    assert films({}, seed=1) == {}


def test_reduced_points_keep_their_distances_where_nothing_is_lost():
    rng = np.random.default_rng(1)
    flat = rng.normal(size=(1, 60, 20)) @ rng.normal(size=(20, 200))
    for points in (flat, rng.normal(size=(1, 60, 12))):
        made = reduced(points)
        assert made.shape[2] <= N_COMPONENTS

        def distances(these):
            return np.linalg.norm(these[0][:, None] - these[0], axis=2)

        np.testing.assert_allclose(distances(made), distances(points), atol=1e-6)


def test_of_a_site_whose_points_coincide_rounding_is_no_picture():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(2, 40, 80)).astype(np.float32)
    points[0] = points[0, 0] * (1 + 1e-7 * rng.normal(size=(40, 80)))
    made = reduced(points)
    assert not made[0].any() and made[1].any()
    series = films({0: made, 1: reduced(points[::-1].copy())}, seed=1)
    assert all(np.isfinite(pictures).all() for pictures in series.values())
    assert not series[0][0].any() and series[1][0].std() > 1, "where they part later, they are seen to"
