"""Control arms on the terminal: their training, and one line of what was found for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from nucleate import api
from nucleate.cli.sweep_progress import SweepProgress
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
    console.print(f"\n  [bold]Agreement of the highest layer, arm by arm[/] [dim]({reach})[/]")
    ends = arms_room.at_the_end(found)
    width = max(len(end.words) for end in ends)
    for end in ends:
        console.print(f"    {end.words:{width}}  {_found(end)}", markup=False)
    console.print(f"\n  The arms' figure: {place / 'figures' / 'arms.png'}", markup=False)
    console.print(f"  The arms' page: {place / 'sweep.html'}", markup=False)


def _found(end: ArmAtEnd) -> str:
    against = "above" if end.is_beyond else "not clearly above"
    control = f"{against} its controls ({arms_room.signed(end.control_high)})"
    return f"{end.said} · accuracy {end.accuracy:.2f} · {control}"
