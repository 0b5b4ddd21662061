"""What a user watches during a sweep: points done, running and failed, and the time left.

On a terminal there is a bar, and above it a line for every point that ended. Elsewhere the same lines come
plain, and a line with the counts whenever nothing was said for half a minute: a log that stands still is told
from a sweep that does.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from nucleate.api.watching.heartbeat import SILENCE, Heartbeat
from nucleate.cli.verdicts import print_indented, print_marked

if TYPE_CHECKING:
    from nucleate.sweep.executors.progress import Tally
    from nucleate.sweep.executors.tasks import Outcome
    from nucleate.sweep.grid import Point


class SweepProgress:
    """A sweep's observer that draws on the console.

    Args:
        n_points: of the whole sweep.
        n_done: of them, when it begins.
        console: where.
        beat: seconds without a line after which there is one.
    """

    def __init__(self, n_points: int, n_done: int, console: Console, beat: float = SILENCE) -> None:
        self.console = console
        self._bar = Progress(
            BarColumn(bar_width=24, complete_style="#35a3a3", finished_style="#4db380"),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=n_points, completed=n_done)
        self._tally: Tally | None = None
        self._heart = Heartbeat(self._tell_counts, beat)
        self._show("the workers load their libraries")

    def __enter__(self) -> Self:
        self._bar.start()
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._heart.stop()
        self._bar.stop()

    def on_note(self, note: str) -> None:
        self._heart.heard()
        self._print_dim(note)

    def on_workers(self, n: int, threads: int) -> None:
        self.on_note(f"{n} at once, with {threads} thread{'s' * (threads > 1)} each")

    def on_outcome(self, point: Point, outcome: Outcome, tally: Tally) -> None:
        self._tally = tally
        self._show(counts(tally))
        self._bar.update(self._task, completed=tally.n_done + len(tally.failed))
        if outcome.status != "begins":
            mark = "[green]✓[/]" if outcome.status == "done" else "[red]✗[/]"
            self._heart.heard()
            self._print_end(mark, said(point), f"{outcome.seconds:.1f} s · {counts(tally)}")

    def _show(self, what: str) -> None:
        self._now = what
        self._bar.update(self._task, description=what)

    def _print_end(self, mark: str, what: str, took: str) -> None:
        """One line where it fits or is written to a file, which is searched by lines; else two or more."""
        line = Text.from_markup(f"  {mark} ").append(f"{what} ").append(took, style="dim")
        if not self.console.is_terminal or len(line) <= self.console.width:
            self.console.print(line, soft_wrap=True)
        else:
            print_marked(self.console, mark, what)
            print_indented(self.console, took, "dim")

    def _print_dim(self, text: str) -> None:
        if self.console.is_terminal:
            print_indented(self.console, text, "dim", "  ")
        else:
            self.console.print(Text(f"  {text}", style="dim"), soft_wrap=True)

    def _tell_counts(self) -> None:
        """Where nothing else was told; on a terminal the time left is told anew."""
        if self._tally is not None:
            self._show(counts(self._tally))
        if not self.console.is_terminal:
            self._print_dim(f"… {self._now}")


def counts(tally: Tally) -> str:
    """How far a sweep is, in a line."""
    failed = f", {len(tally.failed)} failed" if tally.failed else ""
    seconds = tally.seconds_left
    left = "" if seconds is None else f", {in_words(seconds)} left"
    return f"{tally.n_done}/{tally.n_points} done, {len(tally.running)} running{failed}{left}"


def said(point: Point) -> str:
    """What tells a point from the others of its sweep."""
    axes = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in point.axes.items())
    return f"{axes}, seed={point.settings.seed}"


def in_words(seconds: float) -> str:
    """A time that a reader takes in at once."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
