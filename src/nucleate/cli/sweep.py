"""`nucleate sweep`: a grid of runs and seeds, here or on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.console import Console

from nucleate import api
from nucleate.cli.options import Flag
from nucleate.cli.sweep_progress import SweepProgress, in_words, said
from nucleate.cli.verdicts import print_marked
from nucleate.integrations.trackers import Tool
from nucleate.integrations.tracking import TrackedSweep
from nucleate.lazy import lazy

if TYPE_CHECKING:
    from nucleate.sweep.run_sweep import Plan

disk_use = lazy("nucleate.stages.planning.disk_use")  # torch


def sweep(
    file: str,
    /,
    *,
    on: Literal["local", "ray"] = "local",
    out: str | None = None,
    dry_run: Flag = False,
    track: Tool | None = None,
) -> int:
    """Run a grid of settings and seeds, on this machine or a Ray cluster.

    A point's folder is named by its settings, so finished points are not run again. The scores of all points
    are then combined.

    Example: nucleate sweep arms --dry-run

    Args:
        file: A shipped sweep's name, or a TOML file: base, seeds and [axes]; see docs/scale.md.
        on: Worker processes on this machine, or a Ray cluster (pip install 'nucleate[ray]').
        out: The sweep's folder, or the URL of one; runs/FILE if not given.
        dry_run: Only print the points, with the time and disk space they should take.
        track: Send the scores of every point to a tool too (pip install 'nucleate[TOOL]').
    """
    console = Console(highlight=False, soft_wrap=True)
    plan = api.plan_sweep(file, out)
    if dry_run:
        _print_plan(console, plan)
        return 0
    n_done = len(plan.points) - len(plan.left)
    with SweepProgress(len(plan.points), n_done, console) as progress:
        observer = TrackedSweep(progress, track, plan) if track else progress
        failed = api.sweep(plan, on=on, observer=observer).failed
    for name, error in failed.items():
        print_marked(console, "[red]✗[/]", f"{name}: {error}")
    if failed:
        console.print(f"  {len(failed)} of {len(plan.points)} points failed; each is told in full in")
        console.print(f"  {plan.folder.file('failures')}", markup=False)
    console.print(f"  The page: {plan.folder.file('sweep.html')}", markup=False)
    console.print(f"  The scores: {plan.folder.file('scores.parquet')}", markup=False)
    return int(bool(failed))


def _print_plan(console: Console, plan: Plan) -> None:
    """Every point at once, then what is left should take, told from the first steps of the longest one."""
    names = {point.name for point in plan.left}
    for point in plan.points:
        console.print(
            f"  {point.name}  {'     ' if point.name in names else 'done '} {said(point)}", markup=False
        )
    console.print(f"  {len(plan.points)} points, {len(plan.points) - len(names)} of them done")
    if not names:
        return
    longest = plan.left[0]
    console.print(
        f"  [dim]measuring the longest one ({said(longest)}): a few steps, a part of its scoring …[/]"
    )
    estimate = plan.estimate()
    total = sum(estimate.seconds.values())
    console.print(
        f"  a point takes {_from_to(list(estimate.seconds.values()))}; all that are left about "
        f"{in_words(total)} of one worker, with {estimate.workers} at once about "
        f"{in_words(total / estimate.workers)}; {disk_use.in_bytes(estimate.bytes)} are kept"
    )


def _from_to(seconds: list[float]) -> str:
    low, high = in_words(min(seconds)), in_words(max(seconds))
    return low if low == high else f"{low} to {high}"
