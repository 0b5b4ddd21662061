import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.training.schedule import learning_rate, rows_of_step
from nucleate.training.settings import spread_checkpoints


def test_learning_rate_climbs_to_the_peak_and_falls_to_nothing():
    rates = [learning_rate(step, peak=2.0, warmup_steps=10, steps=100) for step in range(101)]
    assert rates[0] == pytest.approx(0.2)
    assert max(rates) == rates[10] == 2.0
    assert rates[55] == pytest.approx(1.0)
    assert rates[100] == pytest.approx(0.0)


def test_a_tail_goes_on_at_a_tenth_of_the_peak_over_the_last_third():
    rates = [
        learning_rate(step, peak=2.0, warmup_steps=10, steps=100, schedule="cosine_tail")
        for step in range(100)
    ]
    assert rates[10] == max(rates) == 2.0
    assert rates[38] == pytest.approx(2.0 * 0.55, rel=0.02)
    np.testing.assert_allclose(rates[67:], 0.2)
    assert np.all(np.diff(rates[10:68]) < 0)


def test_a_constant_rate_stays_at_the_peak():
    rates = [
        learning_rate(step, peak=2.0, warmup_steps=4, steps=20, schedule="constant") for step in range(20)
    ]
    assert rates == [0.5, 1.0, 1.5, *[2.0] * 17]


@given(st.integers(1, 5000), st.integers(0, 8), st.integers(1, 500))
def test_checkpoints_hold_both_ends_and_are_dense_early(steps, early, every):
    found = spread_checkpoints(steps, early=early, every=every)
    assert found == sorted(set(found))
    assert found[0] == 0
    assert found[-1] == steps
    assert max(np.diff(found)) <= every


def test_quick_checkpoints():
    assert spread_checkpoints(400, early=5, every=50) == [
        0,
        2,
        5,
        10,
        23,
        50,
        100,
        150,
        200,
        250,
        300,
        350,
        400,
    ]


@given(st.integers(1, 40), st.integers(1, 100), st.integers(0, 2**31))
def test_every_epoch_sees_every_row_once(n_rows, batch_rows, seed):
    n_steps = -(-3 * n_rows // batch_rows)
    batches = [rows_of_step(s, n_rows=n_rows, batch_rows=batch_rows, seed=seed) for s in range(n_steps)]
    assert all(len(batch) == batch_rows for batch in batches)
    seen = np.concatenate(batches)
    for epoch in range(3):
        assert sorted(seen[epoch * n_rows : (epoch + 1) * n_rows]) == list(range(n_rows))


def test_a_step_needs_no_memory_of_the_steps_before():
    after = rows_of_step(7, n_rows=50, batch_rows=16, seed=3)
    np.testing.assert_array_equal(after, rows_of_step(7, n_rows=50, batch_rows=16, seed=3))
    assert not np.array_equal(after, rows_of_step(7, n_rows=50, batch_rows=16, seed=4))
