"""How verdicts look on a terminal of any width.

Hidden here: that a mark and its word are never parted, and that no line ends in blanks.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nucleate.display_names import figure_words

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
    console.print(f"\n  [bold]Verdicts at {escape(position)}[/] [dim]({reach})[/]")
    for one in verdicts:
        if one.position == position:
            mark = Text.from_markup(f"  {_MARKS[one.verdict]} ")
            console.print(mark.append(one.claim, style="bold").append(f": {one.verdict}"), soft_wrap=True)
            for text, style in _said_of(one, with_rules=with_rules):
                _print_indented(console, text, style)
    for other in dict.fromkeys(one.position for one in verdicts if one.position != position):
        here = [one for one in verdicts if one.position == other]
        marks = [Text.from_markup(f"{_MARKS[one.verdict]} {one.claim}") for one in here]
        _print_filled(console, [Text(f"at {other}:", style="dim"), *marks])


def _print_filled(console: Console, pieces: Sequence[Text]) -> None:
    """As many pieces on a line as fit, none of them broken; further lines are indented."""
    line = Text("  ")
    for piece in pieces:
        if len(line) > 4 and len(line) + len(piece) > console.width:
            line.rstrip()
            console.print(line, soft_wrap=True)
            line = Text("    ")
        line.append_text(piece).append("  ")
    line.rstrip()
    console.print(line, soft_wrap=True)


def _said_of(verdict: ClaimVerdict, *, with_rules: bool) -> Iterator[tuple[str, str]]:
    """What stands below a verdict, and how it looks."""
    yield verdict.words, ""
    if verdict.lacking:
        color, words = ("red", "Not met") if verdict.verdict == "fails" else ("yellow", "Cannot be told")
        yield f"{words}: {verdict.lacking}", color
    yield _figures(verdict), "dim"
    if with_rules:
        yield f"Rule: {verdict.rule}", "dim"


def _print_indented(console: Console, text: str, style: str) -> None:
    together = text.replace(" %", "\u00a0%")  # a number and its unit are not parted
    for line in textwrap.wrap(together, max(20, console.width - 4), break_long_words=False):
        console.print(Text(f"    {line}", style=style), soft_wrap=True)


def _print_trimmed(console: Console, renderable: RenderableType) -> None:
    """Without the blanks that fill a table's lines up, which wrap where a terminal is narrow."""
    for line in console.render_lines(renderable, pad=False):
        text = Text.assemble(*((segment.text, segment.style or "") for segment in line))
        text.rstrip()
        console.print(text, soft_wrap=True)


def print_readings(run: Run) -> None:
    """What interventions on single tokens mean, where there were any."""
    sentences = run.readings()
    if not sentences:
        return
    console = Console(emoji=False, highlight=False)
    console.print("\n  [bold]What single tokens do[/]")
    for sentence in sentences:
        _print_indented(console, sentence, "")


def print_verdicts_over_runs(claims: Sequence[ClaimOverRuns], position: str, n_runs: int) -> None:
    """For every claim in how many runs it holds, its effect with the interval between seeds, its figures."""
    console = Console(emoji=False, highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("claim", "holds", "figure", "mean", "between seeds", "asked for"):
        table.add_column(name, no_wrap=name not in ("figure", "asked for"))
    for one in claims:
        table.add_row(f"[bold]{one.claim}[/]", str(one), *_effect(one))
        for name, (mean, low, high) in one.figures.items():
            if one.effect is None or name != one.effect.effect.figure:
                spread = f"{low:5.2f} to {high:5.2f}"
                table.add_row(
                    "", "", f"[dim]{figure_words(name)}[/]", f"[dim]{mean:5.2f}[/]", f"[dim]{spread}[/]"
                )
    console.print(f"\n  [bold]{n_runs} seeds together, at {position}[/]")
    _print_trimmed(console, Padding(table, (0, 0, 0, 2)))
    _print_indented(
        console, "between seeds: the effect's mean with Student's 95 % interval; below it, the range", "dim"
    )


def _effect(claim: ClaimOverRuns) -> tuple[str, ...]:
    effect = claim.effect
    if effect is None:
        return ()
    interval = f"[{effect.low:.2f}, {effect.high:.2f}]" if effect.n > 1 else "one model"
    asked = f"{effect.effect}: {_MARKS[effect.verdict]} {effect.verdict}"
    return figure_words(effect.effect.figure), f"{effect.mean:5.2f}", escape(interval), asked


def _figures(verdict: ClaimVerdict) -> str:
    figures = [f"{figure_words(name)} {value:z.2f}" for name, value in verdict.figures.items()]
    return " · ".join([*figures, *([f"over {verdict.control.replace('_', ' ')}"] if verdict.control else [])])
