import numpy as np

from nucleate.unseen.lag import half_way, lag

STEPS = np.array([0, 10, 20, 40])


def test_half_way_lies_between_checkpoints():
    curves = np.array([[0.0, 0.2, 0.8, 1.0], [0.2, 0.2, 0.2, 1.0], [0.5, 0.55, 0.5, 0.55], [0, 1, 0, 0.4]])
    np.testing.assert_allclose(half_way(STEPS, curves), [15, 30, np.nan, 5])


def test_assignment_that_comes_later_gives_a_lag_above_0():
    early, late = np.array([0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.0])
    assigned = np.stack([early, late], axis=1)[:, :, None]
    np.testing.assert_allclose(lag(STEPS, assigned, late[:, None]), [[-25], [0]])
    np.testing.assert_allclose(lag(STEPS, assigned, early[:, None]), [[0], [25]])
