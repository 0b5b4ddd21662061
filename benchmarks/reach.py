"""Reach: what is asked for at least, what is aimed at, and whether this run's figures come there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.measuring import Reached


@dataclass(frozen=True)
class Goal:
    """One line of the table.

    Attributes:
        what: in words.
        least, aim: in `unit`; no aim beyond the least where it is None.
        unit: `x` (times as fast, or times less memory), `%`, `s`, `exponent`, or none (a share).
        more_is_better: exponents, seconds and shares of our own time are to be low.
    """

    what: str
    least: float
    aim: float | None
    unit: str = "x"
    more_is_better: bool = True


def _low(what: str, least: float, aim: float | None, unit: str) -> Goal:
    """A goal to come down to."""
    return Goal(what, least, aim, unit, more_is_better=False)


GOALS: Mapping[str, Goal] = {
    "run": Goal(
        "nucleate run quick, whole, against the Trainer pipeline, to equal validation accuracy", 5, 10
    ),
    "scoring_share": _low("scoring of quick, as a share of its training", 0.4, 0.25, ""),
    "scoring_start": _low("a scoring process, from start to first piece", 1.0, 0.5, "s"),
    "verify": _low("nucleate verify", 1.5, 0.7, "s"),
    "config": _low("nucleate config", 1.5, 0.7, "s"),
    "load_run": _low("load_run(...).scores", 1.5, 0.7, "s"),
    "training_bfloat16": Goal("training step, against Trainer, equal instances (bfloat16 units)", 8, 12),
    "training_float32": Goal("training step, against Trainer, equal instances (AVX2 alone, float32)", 5, 7),
    "share_128": Goal("share of the matrix ceiling in training, width 128", 0.35, 0.50, "%"),
    "share_256": Goal("share of the matrix ceiling in training, width 256", 0.50, 0.65, "%"),
    "tsne_share": _low("t-SNE of the page, 500 points, as a share of the run", 0.15, 0.08, ""),
    "kmeans": Goal("k-means, 20 clusters, against scikit-learn, equal inertia", 3, 8),
    "small_capture_time": Goal("capture of a small model, against output_hidden_states: time", 1.5, 2),
    "small_capture_memory": Goal("capture of a small model: peak memory beyond the weights", 3, 5),
    "capture_time": Goal("capture of SmolLM2-135M, against output_hidden_states: time", 2, 4),
    "capture_memory": Goal("capture of SmolLM2-135M: peak memory beyond the weights", 5, 10),
    "help": _low("nucleate --help", 0.3, 0.15, "s"),
    "sweep": _low("sixteen points of smoke by a sweep, as a share of runs in turn", 0.6, None, "%"),
    "kmeans_exponent": _low("exponent of k-means scoring in points", 1.0, None, "exponent"),
    "capture_exponent": _low("exponent of the memory of capture in prompts", 0.0, None, "exponent"),
}

OTHER_MACHINE = {"training_bfloat16": "training_float32", "training_float32": "training_bfloat16"}
"""Of two goals one is of this machine: the one that was measured; the other then has no line."""


def verdict(goal: Goal, reached: Reached | None) -> str:
    """`aim`, `at least`, `not reached`, `not equal` (fast, but not at equal results), or `not measured`."""
    if reached is None:
        return "not measured"
    if not reached.fair:
        return "not equal"
    if goal.aim is not None and _comes_to(goal, reached.value, goal.aim):
        return "aim"
    return "at least" if _comes_to(goal, reached.value, goal.least) else "not reached"


def _comes_to(goal: Goal, value: float, wanted: float) -> bool:
    """An exponent counts to a tenth, as far as times of four sizes tell it; all else as it was measured."""
    if goal.unit == "exponent":
        return round(value, 1) <= wanted
    return value >= wanted if goal.more_is_better else value <= wanted


def table(reached: Mapping[str, Reached]) -> list[dict[str, str]]:
    """The lines to be printed, in order; what bounds a figure is said where it falls short of the least."""
    lines = []
    for key, goal in GOALS.items():
        one = reached.get(key)
        if one is None and OTHER_MACHINE.get(key) in reached:
            continue
        found = verdict(goal, one)
        falls_short = one is not None and found in ("not reached", "not equal")
        lines.append(
            {
                "what": goal.what,
                "at least": in_unit(goal.least, goal.unit),
                "aim": "" if goal.aim is None else in_unit(goal.aim, goal.unit),
                "measured": "" if one is None else in_unit(one.value, goal.unit),
                "reached": found,
                "how": "" if one is None else one.note,
                "bounded by": one.bound if one is not None and falls_short else "",
            }
        )
    return lines


def in_unit(value: float, unit: str) -> str:
    return {"x": f"{value:.1f} x", "%": f"{value:.0%}", "s": f"{value:.2f} s"}.get(unit, f"{value:.2f}")
