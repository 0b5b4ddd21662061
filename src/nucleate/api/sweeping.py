"""Sweeps: many runs from one file, here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nucleate.api.reading import opened
from nucleate.api.settings import Overrides
from nucleate.errors import ConfigError, ProcessError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from nucleate.api.runs import Run
    from nucleate.sweep.executors.progress import SweepObserver
    from nucleate.sweep.run_sweep import Plan

WatchSweep = Callable[["Plan"], AbstractContextManager["SweepObserver"]]
"""Who watches a sweep, for as long as it is at work."""


@dataclass(frozen=True)
class Sweep:
    """A sweep that was run.

    Attributes:
        plan: its points, and where they lie.
        failed: the points that failed, by name, each with its error in a line.
    """

    plan: Plan
    failed: Mapping[str, str]

    @property
    def scores(self) -> pa.Table:
        """Of all points that are done; every axis is a column of its name."""
        return self.plan.folder.read_table("scores.parquet")


def plan_sweep(
    file: str, out: Path | str | None = None, *, overrides: Overrides = (), seed: int | None = None
) -> Plan:
    """A sweep before it is run: its points, what is done of them, and what the rest should take.

    Args:
        file: a shipped sweep's name, or a TOML file; see `docs/scale.md`.
        out: the sweep's folder, or the URL of one; `runs/FILE` where it is not given.
        overrides: changed settings of all points, as for `run`; over what the file has under `[set]`.
        seed: of every point, in the place of the file's `seeds`.

    Raises:
        ConfigError: a mistake in the file, or an override is one of its axes.
    """
    from nucleate.settings.tables import assignments
    from nucleate.sweep.run_sweep import plan_sweep as plan

    place = str(out or Path("runs") / Path(file).stem)
    return plan(file, place, assignments(overrides), seed)


def sweep(
    file: str | Plan,
    out: Path | str | None = None,
    *,
    on: Literal["local", "ray"] = "local",
    overrides: Overrides = (),
    seed: int | None = None,
    observer: SweepObserver | None = None,
) -> Sweep:
    """Every point of a sweep that is not done yet, then the scores of all together.

    Args:
        file: a shipped sweep's name, a TOML file, or a plan; see `docs/scale.md`.
        out: the sweep's folder, or the URL of one; `runs/FILE` where it is not given.
        on: worker processes on this machine, or a Ray cluster (`pip install 'nucleate[ray]'`).
        overrides: changed settings of all points, as for `plan_sweep`; a plan has its own.
        seed: of every point, in the place of the file's `seeds`; a plan has its own.
        observer: who watches; nobody where it is not given.

    Raises:
        NucleateError: whatever a user can get wrong. A point that fails is no error: see `failed`.
    """
    from nucleate.sweep.executors.progress import SilentSweep
    from nucleate.sweep.run_sweep import run_sweep

    plan = plan_sweep(file, out, overrides=overrides, seed=seed) if isinstance(file, str) else file
    return Sweep(plan, run_sweep(plan, on, observer or SilentSweep()).failed)


def train_arms(
    runs: Iterable[Run | Path | str],
    out: Path | str | None = None,
    *,
    on: Literal["local", "ray"] = "local",
    watch: WatchSweep | None = None,
) -> pd.DataFrame:
    """The control arms of a finished run, or of several that differ in their seed alone, or what is left.

    They are trained as a sweep, scored where the claims are judged, and shown in the figures and on the page
    of every run: `figures/arms.*` and *What it rests on*. The arm that is the run is not trained again.

    Args:
        runs: runs or their folders.
        out: the sweep's folder; `arms` in the run's own where it is not given.
        on: worker processes on this machine, or a Ray cluster.
        watch: called with the plan; the observer that it yields watches the sweep.

    Returns:
        A row for every arm, seed and step; see `nucleate.arms.COLUMNS`.

    Raises:
        ConfigError: no run is given, a run has no control arms, or there are several and no `out`.
        ProcessError: an arm failed; those that did not are shown.
    """
    from nucleate.stages.observer import Silent
    from nucleate.sweep.arms import plan_arms, show_arms
    from nucleate.sweep.arms import train_arms as train
    from nucleate.sweep.executors.progress import SilentSweep

    folders = [opened(one).folder for one in runs]
    if not folders or (out is None and len(folders) > 1):
        raise ConfigError(
            f"expected one run, or several and a folder for their arms, got {len(folders)}", "Give `out`."
        )
    plan = plan_arms(folders, Path(out) if out is not None else folders[0].arms_sweep)
    failed: Mapping[str, str] = {}
    if plan.left or not all(map(plan.folder.is_there, ("sweep.html", "arms.parquet"))):
        with watch(plan) if watch else nullcontext(SilentSweep()) as observer:
            failed = train(plan, folders, observer, on).failed
    if len(failed) < len(plan.points):
        arms = plan.folder.read_table("arms.parquet").to_pandas()
        for folder in folders:
            show_arms(arms, folder, Silent())
    if failed:
        raise ProcessError(
            f"{len(failed)} of {len(plan.points)} control arms failed: {next(iter(failed.values()))}",
            f"Each is told in full in {plan.folder.file('failures')}; the same command tries them again.",
        )
    return arms
