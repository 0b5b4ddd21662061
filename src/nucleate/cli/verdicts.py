"""How verdicts look on a terminal of any width.

This module hides that a mark and its word are never parted, and that no line ends in blanks.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from nucleate.display_names import (
    CONTROLS,
    figure_number,
    figure_words,
    figures_in_words,
    say,
    two_decimals,
    without_ends,
)

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.claims.verdicts import ClaimOverRuns, ClaimVerdict, EffectOverSeeds

ONE_MODEL = "one model"
ONE_SEED = "one model; `--seeds 5` for a claim about models"
_MARKS = {
    "holds": "[green]✓[/]",
    "fails": "[red]✗[/]",
    "inconclusive": "[yellow]?[/]",
    "not measured": "[dim]–[/]",
}
_COLORS = {"fails": "red", "inconclusive": "yellow"}


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
                print_indented(console, text, style)
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
        words = "Not met" if verdict.verdict == "fails" else verdict.verdict.capitalize()
        yield f"{words}: {verdict.lacking}", _COLORS.get(verdict.verdict, "dim")
    yield _figures(verdict), "dim"
    if with_rules:
        yield f"Rule: {verdict.rule}", "dim"


def print_indented(console: Console, text: str, style: str, indent: str = "    ", hang: str = "") -> None:
    """Text on as many lines as a terminal's width asks for; further lines stand `hang` further in."""
    together = text.replace(" %", "\u00a0%")  # a number and its unit are not parted
    width = max(24, console.width)
    for line in textwrap.wrap(
        together, width, initial_indent=indent, subsequent_indent=indent + hang, break_long_words=False
    ):
        console.print(Text(line, style=style), soft_wrap=True)


def print_marked(console: Console, mark: str, text: str) -> None:
    """A mark (markup), and text on as many lines as a width asks for; further lines stand below its first."""
    first = Text.from_markup(f"  {mark} ")
    indent = " " * len(first)
    width = max(24, console.width) - len(first)
    for n, line in enumerate(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)):
        console.print(Text(indent + line) if n else first.append(line), soft_wrap=True)


def print_readings(run: Run) -> None:
    """What interventions on single tokens mean, where there were any."""
    sentences = run.readings()
    if not sentences:
        return
    console = Console(emoji=False, highlight=False)
    console.print("\n  [bold]What single tokens do[/]")
    for sentence in sentences:
        print_indented(console, sentence, "")


def print_verdicts_over_runs(claims: Sequence[ClaimOverRuns], position: str, n_runs: int) -> None:
    """For every claim in how many runs it holds, its effect with the interval between seeds, its figures."""
    console = Console(emoji=False, highlight=False)
    console.print(f"\n  [bold]{n_runs} seeds together, at {position}[/]")
    for one in claims:
        console.print(Text("  ").append(one.claim, style="bold").append(f": {_held(one)}"), soft_wrap=True)
        if one.effect is not None:
            print_indented(console, _effect(one.effect), "")
        own = one.effect.effect.figure if one.effect else ""
        ranges = [_range(name, *one.figures[name]) for name in without_ends(one.figures) if name != own]
        print_indented(console, " · ".join(ranges), "dim")
    print_indented(
        console, "In brackets: of an effect Student's 95 % interval between seeds, else the range", "dim"
    )


def _held(claim: ClaimOverRuns) -> str:
    return f"holds in {claim}" if claim.n_judged else str(claim)


def _effect(over: EffectOverSeeds) -> str:
    """Its mean with the interval between seeds, and what the rule asks of it."""
    words = f"{figure_words(over.effect.figure)} {over.numbers}"
    return "; ".join(filter(None, [words, f"required: {over.effect}", over.words]))


def _range(name: str, mean: float, low: float, high: float) -> str:
    low_, high_ = figure_number(name, low), figure_number(name, high)
    ends = "" if low == high else f" [{low_}, {high_}]"
    return f"{figure_words(name)} {figure_number(name, mean) if low == high else two_decimals(mean)}{ends}"


def _figures(verdict: ClaimVerdict) -> str:
    figures = [f"{words} {number}" for words, number in figures_in_words(verdict.figures)]
    control = [f"control: {say(CONTROLS, verdict.control)}"] if verdict.control else []
    return " · ".join([*figures, *control])
