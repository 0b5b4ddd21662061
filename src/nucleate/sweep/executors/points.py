"""How a point is run, wherever: what a worker does with a task.

This module hides that points which share a training are made together, one after the other from one
training; that only what is kept leaves the working folder; and that a point which fails is told, and stops
nothing.
"""

from __future__ import annotations

import os
import platform
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import threadpoolctl
import torch

from nucleate.errors import Interrupted, NucleateError
from nucleate.experiment import run_experiment
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import ExperimentSettings
from nucleate.stages.observer import Silent
from nucleate.sweep.executors.tasks import Outcome, Task
from nucleate.sweep.sweep_folder import STAGE_OF, SweepFolder, has_training, remove, share_training


def run_task(task: Task) -> Iterator[Outcome]:
    """Run each point of a task that is not done yet.

    Raises:
        Interrupted: what was finished is kept, and gone on from.
    """
    use_threads(task.threads)
    folder = SweepFolder(task.root)
    with folder.held(task.training):
        for name, values in task.points:
            facts = folder.facts(name)
            if facts is None or not set(task.keep) <= set(facts["kept"]):
                yield Outcome(name, "begins")
                yield _run_point(folder, task, name, ExperimentSettings.from_mapping(values, name))
            else:
                yield Outcome(name, "done", facts["seconds"])
        if all(folder.facts(name) for name, _ in task.points):
            remove(folder.working / task.training)


def use_threads(n: int) -> None:
    """Give this process `n` threads, whatever it began with."""
    os.environ["OMP_NUM_THREADS"] = str(n)
    torch.set_num_threads(n)
    threadpoolctl.threadpool_limits(n)


def _run_point(folder: SweepFolder, task: Task, name: str, settings: ExperimentSettings) -> Outcome:
    begun = time.monotonic()
    try:
        run = _run(folder, task, name, settings)
        seconds = round(time.monotonic() - begun, 3)
        folder.publish(run, task.keep, _facts(task, seconds))
        folder.remove("failures", f"{name}.txt")
    except Interrupted:
        raise
    except Exception as error:
        folder.write_text(traceback.format_exc(), "failures", f"{name}.txt")
        what = error.what if isinstance(error, NucleateError) else f"{type(error).__name__}: {error}"
        return Outcome(name, "failed", round(time.monotonic() - begun, 3), what.splitlines()[0])
    return Outcome(name, "done", seconds)


def _run(folder: SweepFolder, task: Task, name: str, settings: ExperimentSettings) -> RunFolder:
    """The run, or what is left of it, from a training that is there where there is one."""
    path = folder.run_in_hand(task.training, name)
    if not has_training(path):
        source = next(filter(has_training, _siblings(folder, task, path)), None)
        if source is not None:
            share_training(RunFolder.open(source), RunFolder.create(path, settings.to_toml()))
    wanted = {STAGE_OF[one] for one in task.keep} | {"scoring"}
    if "report" in wanted:
        wanted |= {"figures", "claims"}
    return run_experiment(settings, path, Silent(), wanted=wanted)


def _siblings(folder: SweepFolder, task: Task, path: Path) -> Iterator[Path]:
    """Runs that may hold the same training: those in hand, and points that kept their checkpoints."""
    yield from sorted(one for one in path.parent.glob("*") if one != path)
    kept = folder.read_text("trainings", task.training)
    if kept and folder.is_here:
        yield Path(folder.file("points", kept))


def _facts(task: Task, seconds: float) -> dict[str, Any]:
    return {
        "kept": list(task.keep),
        "seconds": seconds,
        "threads": task.threads,
        "training": task.training,
        "host": platform.node(),
        "process": os.getpid(),
    }
