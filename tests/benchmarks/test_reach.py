"""What counts as reached."""

import pytest

from benchmarks.measuring import Reached
from benchmarks.reach import GOALS, Goal, table, verdict

SPEED = Goal("speed", 3, 8)
SECONDS = Goal("start", 0.3, 0.15, "s", more_is_better=False)
EXPONENT = Goal("growth", 1.0, None, "exponent", more_is_better=False)


@pytest.mark.parametrize(
    ("goal", "value", "expected"),
    [
        (SPEED, 2.99, "not reached"),
        (SPEED, 3.0, "at least"),
        (SPEED, 8.0, "aim"),
        (SECONDS, 0.31, "not reached"),
        (SECONDS, 0.2, "at least"),
        (SECONDS, 0.1, "aim"),
        (EXPONENT, 1.04, "at least"),
        (EXPONENT, 1.06, "not reached"),
        (EXPONENT, 0.9, "at least"),
    ],
)
def test_a_value_is_held_against_its_goal(goal, value, expected):
    assert verdict(goal, Reached(value)) == expected


def test_speed_at_worse_results_is_not_reached():
    assert verdict(SPEED, Reached(100.0, fair=False)) == "not equal"


def test_what_was_not_measured_is_said_and_what_bounds_it_stands_only_where_it_falls_short():
    reached = {
        "kmeans": Reached(1.0, bound="indexing"),
        "small_capture_time": Reached(7.0, bound="gradients"),
    }
    lines = dict(zip(GOALS, table(reached), strict=True))
    assert lines["help"]["reached"] == "not measured"
    assert (lines["kmeans"]["reached"], lines["kmeans"]["bounded by"]) == ("not reached", "indexing")
    assert (lines["small_capture_time"]["reached"], lines["small_capture_time"]["bounded by"]) == ("aim", "")


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_step_is_held_against_the_goal_of_this_kind_of_machine_alone(dtype):
    lines = [line for line in table({f"training_{dtype}": Reached(6.0)}) if "training step" in line["what"]]
    assert [line["reached"] for line in lines] == [{"bfloat16": "not reached", "float32": "at least"}[dtype]]
