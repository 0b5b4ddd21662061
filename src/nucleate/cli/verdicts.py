"""How verdicts look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.claims.verdicts import ClaimOverRuns, ClaimVerdict

ONE_MODEL = "one model"
ONE_SEED = "one model; `--seeds 5` for a claim about models"
_MARKS = {
    "holds": "[green]✓[/]",
    "fails": "[red]✗[/]",
    "inconclusive": "[yellow]?[/]",
    "not measured": "[dim]–[/]",
}


def print_verdicts(
    verdicts: Sequence[ClaimVerdict], position: str, *, with_rules: bool = False, reach: str = ONE_MODEL
) -> None:
    """The claims at the run's own position with their figures; the other positions as marks below.

    `reach` says of what they are.
    """
    console = Console(emoji=False, highlight=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for one in verdicts:
        if one.position == position:
            table.add_row(_MARKS[one.verdict], f"[bold]{one.claim}[/]", one.words)
            if one.lacking:
                color, words = ("red", "lacking") if one.verdict == "fails" else ("yellow", "cannot be told")
                table.add_row("", "", f"[{color}]{words}: {one.lacking}[/]")
            table.add_row("", f"[dim]{one.verdict}[/]", f"[dim]{_figures(one)}[/]")
            if with_rules:
                table.add_row("", "", f"[dim]rule: {one.rule}[/]")
    console.print(f"\n  [bold]Verdicts at {position}[/] [dim]({reach})[/]")
    console.print(Padding(table, (0, 0, 0, 2)))
    for other in dict.fromkeys(one.position for one in verdicts if one.position != position):
        marks = "  ".join(f"{_MARKS[one.verdict]} {one.claim}" for one in verdicts if one.position == other)
        console.print(f"  [dim]at {other:<18}[/]{marks}")


def print_readings(run: Run) -> None:
    """What interventions on single tokens mean, where there were any."""
    sentences = run.readings()
    if not sentences:
        return
    console = Console(emoji=False, highlight=False)
    console.print("\n  [bold]What single tokens do[/]")
    for sentence in sentences:
        console.print(Padding(escape(sentence), (0, 0, 0, 2)))


def print_verdicts_over_runs(claims: Sequence[ClaimOverRuns], position: str, n_runs: int) -> None:
    """For every claim in how many runs it holds, its effect with the interval between seeds, its figures."""
    console = Console(emoji=False, highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("claim", "holds", "figure", "mean", "between seeds", "asked for"):
        table.add_column(name)
    for one in claims:
        table.add_row(f"[bold]{one.claim}[/]", str(one), *_effect(one))
        for name, (mean, low, high) in one.figures.items():
            if one.effect is None or name != one.effect.effect.figure:
                spread = f"{low:5.2f} to {high:5.2f}"
                table.add_row("", "", f"[dim]{_words(name)}[/]", f"[dim]{mean:5.2f}[/]", f"[dim]{spread}[/]")
    console.print(f"\n  [bold]{n_runs} seeds together, at {position}[/]")
    console.print(Padding(table, (0, 0, 0, 2)))
    console.print(
        "  [dim]between seeds: the effect's mean with Student's 95 % interval; below it, the range[/]"
    )


def _effect(claim: ClaimOverRuns) -> tuple[str, ...]:
    effect = claim.effect
    if effect is None:
        return ()
    interval = f"[{effect.low:.2f}, {effect.high:.2f}]" if effect.n > 1 else "one model"
    asked = f"{effect.effect}: {_MARKS[effect.verdict]} {effect.verdict}"
    return _words(effect.effect.figure), f"{effect.mean:5.2f}", escape(interval), asked


def _words(name: str) -> str:
    return name.replace("_", " ")


def _figures(verdict: ClaimVerdict) -> str:
    figures = [f"{_words(name)} {value:.2f}" for name, value in verdict.figures.items()]
    return " · ".join([*figures, *([f"over {verdict.control.replace('_', ' ')}"] if verdict.control else [])])
