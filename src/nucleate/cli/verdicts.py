"""How verdicts look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from nucleate.claims import ClaimVerdict

_MARKS = {"holds": "[green]✓ holds[/]", "fails": "[red]✗ fails[/]", "not measured": "[dim]– not measured[/]"}


def print_verdicts(verdicts: Sequence[ClaimVerdict], position: str, *, with_rules: bool = False) -> None:
    """A row per claim at the run's position with its figures; the other positions as marks beside."""
    console = Console(highlight=False)
    others = list(dict.fromkeys(one.position for one in verdicts if one.position != position))
    marks = {(one.claim, one.position): _MARKS[one.verdict] for one in verdicts}
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for header in ("claim", f"at {position}", "rests on", *(f"at {other}" for other in others)):
        table.add_column(header)
    own = [one for one in verdicts if one.position == position]
    for one in own:
        table.add_row(
            f"[bold]{one.claim}[/]",
            _MARKS[one.verdict],
            _figures(one),
            *(marks[one.claim, other] for other in others),
        )
    console.print(Padding(table, (1, 0, 0, 2)))
    if with_rules:
        console.print()
        for one in own:
            console.print(f"  [bold]{one.claim}[/] {one.words}\n    [dim]rule: {one.rule}[/]", soft_wrap=True)


def _figures(verdict: ClaimVerdict) -> str:
    return "\n".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in verdict.figures.items())
