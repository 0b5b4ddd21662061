import numpy as np

from nucleate.pictures.axes import discriminant_axes, principal_axes


def test_axes_where_there_is_one_direction_or_none():
    flat = np.zeros((2, 4, 3), dtype=np.float32)
    flat[1, :, 0] = [1, 2, 3, 4]
    axes = principal_axes(flat)
    assert np.isfinite(axes).all()
    plane = flat[1] @ axes[1]
    assert np.ptp(plane[:, 0]) == 3 and np.ptp(plane[:, 1]) == 0
    labels = np.array([0, 0, 1, 1])
    assert not discriminant_axes(flat, labels)[0].any(), "points that are all one have no directions"
    along = flat[1] @ discriminant_axes(flat, labels)[1]
    assert np.ptp(along[:, 0]) > 0 and np.ptp(along[:, 1]) == 0


def test_discriminant_axes_find_what_variance_hides_and_held_out_points_follow():
    """Labels part along a direction of little variance, in 40 dimensions, of which the rest is louder noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 3
    points = rng.normal(size=(1, 400, 40)).astype(np.float32) * 5
    points[0, :, 7:9] = rng.normal(size=(400, 2)) * 0.2 + np.array([[0, 0], [2, 0], [0, 2]])[labels]
    train, held_out = slice(0, 300), slice(300, 400)
    axes = discriminant_axes(points[:, train], labels[train])[0]
    weights = np.abs(axes).sum(axis=1)
    assert set(np.argsort(-weights)[:2]) == {7, 8}
    plane = points[0, held_out] @ axes
    middles = np.stack([plane[labels[held_out] == k].mean(axis=0) for k in range(3)])
    nearest = np.linalg.norm(plane[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == labels[held_out]).mean() > 0.95


def test_labels_that_mean_nothing_part_the_points_they_were_fitted_on_but_no_others():
    """What the page warns of: with many dimensions, discriminant axes part anything."""
    rng = np.random.default_rng(1)
    points, labels = rng.normal(size=(1, 160, 45)).astype(np.float32), rng.integers(0, 2, 160)
    axes = discriminant_axes(points[:, :80], labels[:80])[0]

    def apart(rows):
        x = points[0, rows] @ axes[:, 0]
        groups = [x[labels[rows] == k] for k in (0, 1)]
        return abs(groups[0].mean() - groups[1].mean()) / np.mean([one.std() for one in groups])

    assert apart(slice(0, 80)) > 1.2 and apart(slice(80, 160)) < 0.6
