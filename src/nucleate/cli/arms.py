"""Control arms on the terminal: their training, and one line of what was found for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from nucleate import api
from nucleate.cli.sweep_progress import SweepProgress
from nucleate.cli.verdicts import print_indented
from nucleate.lazy import lazy

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.arms import ArmAtEnd
    from nucleate.sweep.run_sweep import Plan

arms_room = lazy("nucleate.arms")  # pandas


def train_and_print_arms(runs: Sequence[Run], place: Path) -> None:
    """Train the control arms of `runs` in `place`, and say what became of each."""
    console = Console(emoji=False, highlight=False, soft_wrap=True)

    @contextmanager
    def watch(plan: Plan) -> Iterator[SweepProgress]:
        n_done = len(plan.points) - len(plan.left)
        console.print(f"\n  [bold]Control arms[/] [dim]{n_done} of {len(plan.points)} done[/]")
        with SweepProgress(len(plan.points), n_done, console) as progress:
            yield progress

    found = api.train_arms(runs, place, watch=watch)
    n = found["seed"].nunique()
    reach = "one seed: reported, not claimed" if n == 1 else f"mean and 95 % interval between {n} seeds"
    console.print("\n  [bold]Agreement of the highest layer, arm by arm[/]")
    print_indented(console, f"({reach})", "dim", "  ")
    _print_ends(console, arms_room.at_the_end(found))
    console.print(f"\n  The arms' figure: {place / 'figures' / 'arms.png'}", markup=False)
    console.print(f"  The arms' page: {place / 'sweep.html'}", markup=False)


def _print_ends(console: Console, ends: Sequence[ArmAtEnd]) -> None:
    """A line for each arm where all fit; else its figures below its name."""
    width = max(len(end.words) for end in ends)
    lines = [f"    {end.words:{width}}  {_found(end)}".replace("\u00a0", " ") for end in ends]
    if max(map(len, lines)) <= console.width:
        for line in lines:
            console.print(line, markup=False)
        return
    for end in ends:
        print_indented(console, end.words, "bold")
        print_indented(console, _found(end), "", indent="      ")


def _found(end: ArmAtEnd) -> str:
    """What belongs together is held together where the line is broken."""
    against = "above" if end.is_beyond else "not clearly above"
    control = f"{against} its controls\u00a0({arms_room.signed(end.control_high)})"
    agreement = end.said.replace(" ", "\u00a0")
    return f"{agreement}\u00a0· accuracy\u00a0{end.accuracy:.2f}\u00a0· {control}"
