"""How verdicts look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from nucleate.claims import ClaimVerdict

_MARKS = {"holds": "[green]✓[/]", "fails": "[red]✗[/]", "not measured": "[dim]–[/]"}


def print_verdicts(verdicts: Sequence[ClaimVerdict], position: str, *, with_rules: bool = False) -> None:
    """The claims at the run's own position with their figures; the other positions as marks below."""
    console = Console(highlight=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for one in verdicts:
        if one.position == position:
            table.add_row(_MARKS[one.verdict], f"[bold]{one.claim}[/]", one.words)
            table.add_row("", f"[dim]{one.verdict}[/]", f"[dim]{_figures(one)}[/]")
            if with_rules:
                table.add_row("", "", f"[dim]rule: {one.rule}[/]")
    console.print(f"\n  [bold]Verdicts at {position}[/]")
    console.print(Padding(table, (0, 0, 0, 2)))
    for other in dict.fromkeys(one.position for one in verdicts if one.position != position):
        marks = "  ".join(f"{_MARKS[one.verdict]} {one.claim}" for one in verdicts if one.position == other)
        console.print(f"  [dim]at {other:<18}[/]{marks}")


def _figures(verdict: ClaimVerdict) -> str:
    figures = [f"{name.replace('_', ' ')} {value:.2f}" for name, value in verdict.figures.items()]
    return " · ".join([*figures, *([f"over {verdict.control.replace('_', ' ')}"] if verdict.control else [])])
