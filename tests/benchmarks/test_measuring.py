"""The statistics that every benchmark rests on."""

import numpy as np
import pytest

from benchmarks.measuring import Findings, Measured, exponent, in_turn, last_exponent


def test_a_ratio_is_taken_within_rounds_and_not_of_medians():
    """A machine that is ten times slower in one round changes no ratio."""
    ours, peer = Measured((1.0, 10.0, 2.0)), Measured((3.0, 30.0, 6.0))
    assert peer.over(ours).values == (3.0, 3.0, 3.0)
    assert (peer.median, peer.least, peer.most) == (6.0, 3.0, 30.0)


def test_rounds_that_do_not_match_have_no_ratio():
    with pytest.raises(ValueError, match="shorter"):
        Measured((1.0, 2.0)).over(Measured((1.0,)))


def test_contestants_come_in_turn_and_the_warm_up_is_thrown_away():
    called = []

    def contestant(name):
        return lambda: called.append(name) or len(called)

    taken = in_turn(
        {"a": contestant("a"), "b": contestant("b")},
        rounds=2,
        warm_up=1,
        take=lambda contestant: contestant(),
    )
    assert called == ["a", "b"] * 3
    assert taken == {"a": Measured((3, 5)), "b": Measured((4, 6))}


def test_the_first_contestant_is_ours_and_peers_are_times_it():
    findings = Findings()
    findings.compare(
        "part", "what", "s", {"nucleate": Measured((2.0,)), "peer": Measured((6.0,))}, "estimated"
    )
    ours, peer = findings.rows
    assert (ours.times_ours, ours.note) == (None, "")
    assert (peer.times_ours, peer.note) == (Measured((3.0,)), "estimated")


@pytest.mark.parametrize("power", [-0.5, 0.0, 1.0, 2.3])
def test_a_planted_power_law_is_found(power):
    sizes = np.array([1e3, 1e4, 1e5, 1e6])
    assert exponent(sizes, 7.0 * sizes**power) == pytest.approx(power)
    noisy = 7.0 * sizes**power * np.array([1.1, 0.9, 1.0, 1.05])
    assert exponent(sizes, noisy) == pytest.approx(power, abs=0.05)


def test_a_fixed_cost_flatters_the_fit_and_not_the_last_two_sizes():
    sizes = np.array([1e3, 1e4, 1e5, 1e6])
    seconds = 1.0 + 1e-4 * sizes
    assert exponent(sizes, seconds) < 0.75
    assert last_exponent(sizes, seconds) == pytest.approx(1.0, abs=0.05)
