"""`nucleate sweep`: a grid of runs and seeds, here or on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.console import Console

from nucleate import api

if TYPE_CHECKING:
    from nucleate.sweep.grid import Point
    from nucleate.sweep.points import Outcome
    from nucleate.sweep.progress import Tally
    from nucleate.sweep.run_sweep import Plan


def sweep(
    file: str, /, *, on: Literal["local", "ray"] = "local", out: str | None = None, dry_run: bool = False
) -> int:
    """Run a grid of settings and seeds, on this machine or a Ray cluster.

    A point's folder is named by its settings: what is there is not run again, whoever ran it. Then the scores
    of all points are put together.

    Example: nucleate sweep arms --dry-run

    Args:
        file: A shipped sweep's name, or a TOML file: base, seeds and [axes]; see docs/scale.md.
        on: Worker processes on this machine, or a Ray cluster (pip install 'nucleate[ray]').
        out: The sweep's folder, or the URL of one; runs/FILE if not given.
        dry_run: Print the points, with the time and disk that they should take, and run none.
    """
    console = Console(highlight=False, soft_wrap=True)
    plan = api.plan_sweep(file, out)
    if dry_run:
        _print_plan(console, plan)
        return 0
    failed = api.sweep(plan, on=on, observer=SweepLines(console)).failed
    for name, error in failed.items():
        console.print(f"  [red]✗[/] {name}: {error}", soft_wrap=True)
    if failed:
        console.print(f"  {len(failed)} of {len(plan.points)} points failed; each is told in full in")
        console.print(f"  {plan.folder.file('failures')}", markup=False)
    console.print(f"  The page: {plan.folder.file('sweep.html')}", markup=False)
    console.print(f"  The scores: {plan.folder.file('scores.parquet')}", markup=False)
    return int(bool(failed))


class SweepLines:
    """A sweep's observer that writes a line for every point that ends."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def on_note(self, note: str) -> None:
        self.console.print(f"  [dim]{note}[/]")

    def on_workers(self, n: int, threads: int) -> None:
        self.console.print(f"  [dim]{n} at once, with {threads} thread{'s' * (threads > 1)} each[/]")

    def on_outcome(self, point: Point, outcome: Outcome, tally: Tally) -> None:
        if outcome.status == "begins":
            return
        mark = "[green]✓[/]" if outcome.status == "done" else "[red]✗[/]"
        counts = f"{tally.before + len(tally.done)}/{tally.n_points} done, {len(tally.running)} running"
        failed = f", {len(tally.failed)} failed" if tally.failed else ""
        left = "" if tally.seconds_left is None else f", {in_words(tally.seconds_left)} left"
        self.console.print(
            f"  {mark} {_said(point)} [dim]{outcome.seconds:.1f} s · {counts}{failed}{left}[/]"
        )


def in_words(seconds: float) -> str:
    """A time that a reader takes in at once."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _said(point: Point) -> str:
    axes = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in point.axes.items())
    return f"{axes}, seed={point.settings.seed}"


def _print_plan(console: Console, plan: Plan) -> None:
    """Every point with what it should take, told from the first steps of the longest one, measured now."""
    left = plan.left
    names = {point.name for point in left}
    estimate = plan.estimate()
    for point in plan.points:
        time = in_words(estimate.seconds[point.name]) if point.name in names else "done"
        console.print(f"  {point.name}  {time:>7}  {_said(point)}", markup=False)
    console.print(f"  {len(plan.points)} points, {len(plan.points) - len(left)} of them done")
    if left:
        total = sum(estimate.seconds.values())
        console.print(
            f"  about {in_words(total)} of one worker; with {estimate.workers} at once about "
            f"{in_words(total / estimate.workers)}; {estimate.bytes / 1e6:.0f} MB are kept"
        )
