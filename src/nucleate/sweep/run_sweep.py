"""A sweep from its file to its tables: what is left to run, who runs it, and what it found.

This module hides that folders alone say what is done. Whoever executes, wherever it broke off, the same
points are left and the same tables come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nucleate.lazy import lazy
from nucleate.processes import n_threads
from nucleate.sweep.costs import look_cost, step_cost
from nucleate.sweep.executors.progress import SweepObserver, Tally
from nucleate.sweep.executors.tasks import Outcome
from nucleate.sweep.grid import Point, points_of
from nucleate.sweep.sweep_file import SweepFile, read_sweep
from nucleate.sweep.sweep_folder import SweepFolder

gathered = lazy("nucleate.sweep.results.gathered")  # pandas, SciPy and matplotlib
local = lazy("nucleate.sweep.executors.local")
measurement = lazy("nucleate.sweep.measurement")  # torch
on_ray = lazy("nucleate.sweep.executors.on_ray")
points_of_a_worker = lazy("nucleate.sweep.executors.points")  # torch

Executor = Callable[[SweepFolder, Sequence[Point], SweepFile, SweepObserver], Iterator[Outcome]]
Place = Literal["local", "ray"]


@dataclass(frozen=True)
class Plan:
    """A sweep before it is run.

    Attributes:
        file: what was asked.
        points: all of them.
        folder: where they lie.
        done: what is known of those that are done, by name.
    """

    file: SweepFile
    points: list[Point]
    folder: SweepFolder
    done: dict[str, dict[str, Any]]

    @property
    def left(self) -> list[Point]:
        """What is to be run, the longest first: one begun last would be waited for."""
        keep = set(self.file.keep)
        left = [one for one in self.points if not keep <= set(self.done.get(one.name, {}).get("kept", ()))]
        weights = [(-_steps(one) * step_cost(one.settings), -look_cost(one.settings)) for one in left]
        return [left[i] for i in sorted(range(len(left)), key=weights.__getitem__)]

    def estimate(self) -> Estimate:
        """What is left should take so much, told from a short measurement of the longest point, made now."""
        left = self.left
        threads = self.file.local.threads or self.folder.threads() or 1
        if not left:
            return Estimate({}, 0.0, 1)
        points_of_a_worker.use_threads(threads)
        measured, seconds = measurement.measure(left[0].settings), {}
        trained: set[str] = set()
        for point in left:
            seconds[point.name] = measured.seconds(point.settings, is_trained=point.training in trained)
            trained.add(point.training)
        size = sum(measured.kept(point.settings, self.file.keep) for point in left)
        workers = self.file.local.workers or max(1, n_threads() // threads)
        return Estimate(seconds, size, min(workers, len(trained)))


@dataclass(frozen=True)
class Estimate:
    """What a sweep should still take.

    Attributes:
        seconds: of each point that is left, by its name, on one worker.
        bytes: that will be kept of all of them.
        workers: that can be at work at once here.
    """

    seconds: dict[str, float]
    bytes: float
    workers: int


def plan_sweep(name_or_file: str, root: str, overrides: Sequence[str] = (), seed: int | None = None) -> Plan:
    """Read a sweep and look at what is done of it.

    Args:
        name_or_file: a shipped sweep's name, or a TOML file.
        root: the sweep's folder, or the URL of one.
        overrides: `key=value`, of all points, over what the file sets.
        seed: of every point, in the place of the file's seeds.

    Raises:
        ConfigError: a mistake in the file, or an override is one of its axes.
        RunFolderError: in the folder is something else where the sweep's tables, figures and page go.
    """
    file, base = read_sweep(name_or_file, overrides, seed)
    folder = SweepFolder(root)
    done = folder.done()
    folder.require_room(done)
    return Plan(file, points_of(file, base, name_or_file), folder, done)


def run_sweep(plan: Plan, on: Place, observer: SweepObserver) -> Tally:
    """Run what is left, then put the results of all points together.

    Returns: how it ended; its `failed` says which points failed, and why.

    Raises:
        Interrupted: by Ctrl-C; what is done stays done.
    """
    left = plan.left
    tally = Tally(len(plan.points), len(plan.points) - len(left))
    if left:
        by_name = {point.name: point for point in left}
        for outcome in _executor(on)(plan.folder, left, plan.file, observer):
            tally.count(outcome)
            observer.on_outcome(by_name[outcome.point], outcome, tally)
    put_together(plan, [one for one in plan.points if one.name not in tally.failed])
    if not tally.failed:
        plan.folder.tidy()
    return tally


def put_together(plan: Plan, points: Sequence[Point]) -> None:
    """The tables, figures and page over all points that are done."""
    if points:
        gathered.put_together(plan.folder, points)


def _executor(on: Place) -> Executor:
    return on_ray.run_on_ray if on == "ray" else local.run_locally


def _steps(point: Point) -> int:
    return point.settings.training.steps
