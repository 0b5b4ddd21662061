"""Halves of a sample: whole units, no copies, and intervals as wide as they should be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nucleate.resampling.half_samples import N_HALVES, Halves

KEY = ("a figure", "a factor")


def test_a_half_has_half_of_the_units_whole_and_once():
    units = np.repeat([7, 3, 9, 4, 1], [2, 3, 1, 2, 4])
    halves = Halves.draw(units, seed=0)
    assert len(halves.rows) == N_HALVES
    for rows in halves.rows:
        assert len(np.unique(rows)) == len(rows)
        inside = np.unique(units[rows])
        assert len(inside) == 2
        assert np.isin(units, inside).sum() == len(rows)
    assert len({tuple(rows) for rows in halves.rows}) > 1


@pytest.mark.parametrize("per_unit", [1, 5])
def test_the_interval_of_a_mean_is_that_of_the_central_limit(per_unit):
    values = np.repeat(np.random.default_rng(0).standard_normal(400), per_unit)
    units = np.arange(len(values)) // per_unit
    widths = []
    for seed in range(200):
        halves = Halves.draw(units, seed)
        ((low, high),) = halves.intervals(
            {KEY: float(values.mean())}, lambda _, rows: {KEY: float(values[rows].mean())}
        ).values()
        assert low < values.mean() < high
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(2 * 2.201 * values.std() / 20, rel=0.05)


def test_ratios_spread_by_factors():
    halves = Halves.draw(np.arange(20), seed=0)
    factors = np.exp(np.random.default_rng(0).standard_normal(N_HALVES))
    ((low, high),) = halves.intervals(
        {KEY: 3.0}, lambda number, _: {KEY: factors[number]}, are_ratios=True
    ).values()
    assert 0 < low < 3.0 < high
    assert low * high == pytest.approx(9.0)


def test_few_units_or_few_halves_with_a_figure_have_no_interval():
    assert Halves.draw(np.array([1, 1, 2, 2, 3]), seed=0).rows == ()
    halves = Halves.draw(np.arange(9), seed=0)
    found = halves.intervals({KEY: 1.0}, lambda number, _: {KEY: math.nan if number % 4 else float(number)})
    assert all(math.isnan(end) for end in found[KEY])


def test_a_ratio_of_nothing_has_no_interval():
    halves = Halves.draw(np.arange(20), seed=0)
    ((low, high),) = halves.intervals({KEY: 0.0}, lambda *_: {KEY: 0.0}, are_ratios=True).values()
    assert math.isnan(low)
    assert math.isnan(high)
