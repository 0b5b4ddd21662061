"""How far a sweep is."""

from nucleate.sweep.executors.progress import Tally
from nucleate.sweep.executors.tasks import Outcome


def test_a_tally_counts_each_point_once_and_tells_the_time_left():
    clock = iter([0.0, 10.0, 20.0, 30.0])
    tally = Tally(n_points=6, before=2, clock=lambda: next(clock))
    assert tally.seconds_left is None and tally.left == 4
    tally.count(Outcome("a", "begins"))
    tally.count(Outcome("b", "begins"))
    assert tally.running == {"a", "b"}
    tally.count(Outcome("a", "done", 9.0))
    tally.count(Outcome("a", "done", 9.0))
    assert tally.done == {"a"} and tally.running == {"b"} and tally.left == 3
    assert tally.seconds_left == 10.0 * 3, "one in ten seconds, three to go"
    tally.count(Outcome("b", "failed", 9.0, "trouble"))
    assert tally.failed == {"b": "trouble"} and tally.left == 2
    assert tally.seconds_left == 20.0 / 2 * 2


def test_what_another_process_did_took_no_time_here_and_tells_none():
    clock = iter([100.0, 160.0])
    tally = Tally(n_points=4, before=0, clock=lambda: next(clock))
    tally.count(Outcome("a", "done", 30.0))
    assert tally.left == 3 and tally.n_done == 1 and tally.seconds_left is None
    tally.count(Outcome("b", "begins"))
    tally.count(Outcome("b", "done", 60.0))
    tally.count(Outcome("c", "done", 30.0))
    assert tally.left == 1 and tally.seconds_left == 60.0, "one here in a minute, one to go"


def test_a_point_that_fails_first_and_then_is_done_has_not_failed():
    tally = Tally(n_points=1, before=0)
    tally.count(Outcome("a", "failed", error="lost"))
    tally.count(Outcome("a", "done"))
    assert not tally.failed and tally.left == 0
