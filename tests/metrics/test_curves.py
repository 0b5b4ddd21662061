"""What is planted in a curve must be read off it."""

import numpy as np
import pytest

from nucleate.metrics.curves import crossing_step, late_gain, onset_step

STEPS = np.array([0.0, 10, 20, 50, 100, 150, 200])


@pytest.mark.parametrize(
    ("above", "step"),
    [("0011111", 20), ("1111111", 0), ("0101111", 50), ("0111110", None), ("0000001", 200)],
)
def test_onset_is_where_it_stays(above, step):
    assert onset_step(STEPS, np.array(list(above)) == "1") == step


def test_a_crossing_is_interpolated_in_steps():
    values = np.array([0, 0, 0, 0.2, 0.6, 1, 1])
    assert crossing_step(STEPS, values, 0.5) == pytest.approx(87.5)
    assert crossing_step(STEPS, values, 0.0) == 0
    assert crossing_step(STEPS, values, 1.1) is None


def test_late_gain_is_a_third_of_a_steady_climb_and_none_of_a_plateau():
    assert late_gain(STEPS, 0.9 * STEPS / 200) == pytest.approx(0.3)
    assert late_gain(STEPS, np.minimum(STEPS / 50, 1.0)) == pytest.approx(0.0)
    approach = 1 - np.exp(-np.arange(0, 401) / 140)
    assert late_gain(np.arange(401.0), approach) == pytest.approx(0.1 * approach[-1], abs=0.01)
    assert np.isnan(late_gain(STEPS[:1], STEPS[:1]))
