"""What is planted in a curve must be read off it."""

import numpy as np
import pytest

from nucleate.metrics.agreement.rand_index import adjusted_rand_index, adjusted_rand_interval
from nucleate.metrics.curves import crossing_step, late, late_gain, late_gain_interval, onset_step
from nucleate.resampling.bootstrap import Resamples
from tests.noisy_partitions import noisy

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


@pytest.mark.parametrize("last", range(120, 2000, 77))
def test_a_level_curve_gains_nothing_however_weights_are_rounded(last):
    steps = np.array([0.0, *np.geomspace(20, last, 9)])
    assert late_gain(steps, np.full(10, 0.1 - 0.3)) == 0.0
    assert late_gain_interval(steps, np.full(10, 0.1 - 0.3), np.zeros(10)) == (0.0, 0.0)


@pytest.mark.parametrize(("begins", "scale"), [(1000.0, 1.0), (0.0, 25.0), (-50.0, 0.1)])
def test_the_last_third_is_one_of_the_steps_that_were_seen(begins, scale):
    """Where counting begins, and in what, changes neither which checkpoints are late nor what they gain."""
    steps, climb = begins + scale * STEPS, 0.9 * STEPS / 200
    assert late(steps).tolist() == late(STEPS).tolist() == [False] * 4 + [True] * 3
    assert late_gain(steps, climb) == pytest.approx(0.3)
    ends = late_gain_interval(steps, climb, np.full(7, 0.03))
    assert ends == pytest.approx(late_gain_interval(STEPS, climb, np.full(7, 0.03)))


def test_an_end_of_training_alone_tells_of_no_last_third():
    """Climbing by 0.7 from step 1000 to 1050 was a gain of 4.7 over a third of 1050 steps."""
    steps = np.array([0.0, *range(1000, 1051, 10)])
    values = np.linspace(0.1, 0.8, 7)
    assert np.isnan(late_gain(steps, values))
    assert np.isnan(late_gain_interval(steps, values, np.zeros(7))).all()
    half = np.array([0.0, 500, 600])  # of the last third, from 400 on, half is seen
    assert late_gain(half, half / 600) == pytest.approx(1 / 3)


def test_a_late_value_without_an_interval_leaves_the_gain_without_one():
    values = STEPS / 200
    missing = np.where(STEPS == 150, np.nan, 0.0)
    assert np.isnan(late_gain_interval(STEPS, values, missing)).all()
    early = np.where(STEPS == 10, np.nan, 0.0)
    assert late_gain_interval(STEPS, values, early) == pytest.approx((1 / 3, 1 / 3))


@pytest.mark.parametrize("kept", [(0.75, 0.75, 0.75), (0.6, 0.7, 0.8)], ids=["level", "climbing"])
def test_the_interval_of_late_gain_holds_the_gain_of_all_examples(kept):
    """Clusters keep a share of the labels at each late checkpoint, of examples that are the same at all of them."""
    steps, rng, n_draws = np.array([0.0, 200, 250, 300]), np.random.default_rng(5), 40

    def curve(n_units):
        parts = [
            noisy(np.random.default_rng(seed), n_units, 8, share)
            for seed, share in zip(seeds, kept, strict=True)
        ]
        labels = parts[0][0]
        return [(labels, np.where(own == drawn, labels, drawn)) for own, drawn, _ in parts]

    held = []
    seeds = (1, 2, 3)
    truth = late_gain(steps, np.array([0.0, *(adjusted_rand_index(*one) for one in curve(100_000))]))
    for _ in range(n_draws):
        seeds = rng.integers(2**31, size=3)
        found, ends = [0.0], [(0.0, 0.0)]
        for labels, clusters in curve(240):
            resamples = Resamples.draw(np.arange(240), 100, 1)
            found.append(adjusted_rand_index(labels, clusters))
            ends.append(adjusted_rand_interval(labels, clusters[None], np.zeros(1), resamples, seed=1))
        low, high = late_gain_interval(steps, np.array(found), np.diff(ends)[:, 0] / 2)
        held.append(low <= truth <= high)
    assert 0.9 <= np.mean(held) <= 1.0
