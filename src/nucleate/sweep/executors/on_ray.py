"""A sweep on a Ray cluster: one task for every training, wherever there is room.

This module hides what a lost task means. A driver that dies takes nothing with it, a node that is lost
leaves its points to others, and the folder says what is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nucleate.cluster.joined import as_they_end, connected, remote
from nucleate.sweep.executors.points import run_task
from nucleate.sweep.executors.progress import SweepObserver
from nucleate.sweep.executors.tasks import Outcome, Task, tasks_of
from nucleate.sweep.grid import Point
from nucleate.sweep.sweep_file import SweepFile
from nucleate.sweep.sweep_folder import SweepFolder


def run_on_ray(
    folder: SweepFolder, points: Sequence[Point], file: SweepFile, observer: SweepObserver
) -> Iterator[Outcome]:
    """What becomes of every point, as it comes.

    Raises:
        ProcessError: Ray is not installed, or there is no cluster at the address.
        Interrupted: by Ctrl-C; the tasks are told to save what they have in hand.
    """
    threads = file.local.threads or folder.threads() or 1
    folder.settle_threads(threads)
    with connected(file.ray) as ray:
        run = remote(ray, file.ray, threads, _run)
        cpus = file.ray.cpus or threads
        observer.on_workers(max(1, int(ray.cluster_resources().get("CPU", 0) // cpus)), threads)
        tasks = tasks_of(points, folder.root, file.keep, threads)
        for index, ended in as_they_end(ray, run, [task.to_json() for task in tasks]):
            yield from _outcomes(ray, ended, tasks[index])


def _run(task: dict[str, Any]) -> list[Outcome]:
    return [outcome for outcome in run_task(Task.from_json(task)) if outcome.status != "begins"]


def _outcomes(ray: Any, ended: Any, task: Task) -> list[Outcome]:
    """What a task says, or that it was lost more often than it may be."""
    try:
        return list(ray.get(ended))
    except ray.exceptions.RayError as error:
        what = str(error).strip().splitlines()[0]
        return [Outcome(name, "failed", error=f"{type(error).__name__}: {what}") for name, _ in task.points]
