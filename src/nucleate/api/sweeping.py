"""Sweeps: many runs from one file, here or on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from nucleate.sweep.progress import SweepObserver
    from nucleate.sweep.run_sweep import Plan


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


def plan_sweep(file: str, out: Path | str | None = None) -> Plan:
    """A sweep before it is run: its points, what is done of them, and what the rest should take.

    Args:
        file: a shipped sweep's name, or a TOML file; see `docs/scale.md`.
        out: the sweep's folder, or the URL of one; `runs/FILE` where it is not given.

    Raises:
        ConfigError: a mistake in the file.
    """
    from nucleate.sweep.run_sweep import plan_sweep as plan

    return plan(file, str(out or Path("runs") / Path(file).stem))


def sweep(
    file: str | Plan,
    out: Path | str | None = None,
    *,
    on: Literal["local", "ray"] = "local",
    observer: SweepObserver | None = None,
) -> Sweep:
    """Every point of a sweep that is not done yet, then the scores of all together.

    Args:
        file: a shipped sweep's name, a TOML file, or a plan; see `docs/scale.md`.
        out: the sweep's folder, or the URL of one; `runs/FILE` where it is not given.
        on: worker processes on this machine, or a Ray cluster (`pip install 'nucleate[ray]'`).
        observer: who watches; nobody where it is not given.

    Raises:
        NucleateError: whatever a user can get wrong. A point that fails is no error: see `failed`.
    """
    from nucleate.sweep.progress import SilentSweep
    from nucleate.sweep.run_sweep import run_sweep

    plan = plan_sweep(file, out) if isinstance(file, str) else file
    return Sweep(plan, run_sweep(plan, on, observer or SilentSweep()).failed)
