"""What a user watches during a run: agreement climbing, layer by layer.

On a terminal there is a bar for what is going on now, and above it a line for every checkpoint that stays.
Elsewhere the same lines come plain, without the bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from nucleate.spacing import evenly_spaced

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from nucleate.api.runs import Run
    from nucleate.training.observer import TrainingRecord

_MOST_LAYERS = 7
_BARS = "▁▂▃▄▅▆▇█"
_COLORS = ("#7a7a8c", "#6b7fb3", "#4a90b8", "#35a3a3", "#4db380", "#8cc456", "#d3c93c")


class RunProgress:
    """An experiment's observer that draws on the console.

    Args:
        position: of which agreement is shown.
        steps: of the whole training, for the bar and the time left.
        console: where; the standard output where none is given.
    """

    def __init__(self, position: str, steps: int, console: Console | None = None) -> None:
        self.console = console or Console(emoji=False, highlight=False)
        self.position, self.steps = position, steps
        self._bar = Progress(
            TextColumn("  {task.description:<9}"),
            BarColumn(bar_width=14, complete_style="#35a3a3", finished_style="#4db380"),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task: TaskID | None = None
        self._last: TrainingRecord | None = None
        self._loss: float | None = None
        self._accuracy: Mapping[str, float] = {}
        self._header_is_due = True

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def on_stage(self, name: str, what: str) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        if what == "begins":
            self._task = self._bar.add_task(name, total=None, note="")
        if what != "begins" or not self.console.is_terminal:
            mark = {"ends": "[green]✓[/]", "begins": "[dim]…[/]"}.get(what, "[dim]✓[/]")
            line = Text.from_markup(f"  {mark} {name}")
            self.console.print(line if what == "ends" else line.append(f" {what}", style="dim"))

    def on_note(self, text: str) -> None:
        self.console.print(f"  {text}", markup=False, soft_wrap=True)

    def on_record(self, record: TrainingRecord) -> None:
        self._last, self._accuracy = record, record.accuracy or self._accuracy
        self._loss = record.loss if record.loss is not None else self._loss
        if self._task is not None:
            self._bar.update(self._task, completed=record.step, total=self.steps, note=self._note())

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None:
        """Nothing to show of the model itself; its agreement follows."""

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None:
        values = [value for site, value in agreement.items() if site != "final_norm"]
        shown = evenly_spaced(range(len(values)), _MOST_LAYERS)
        if self._header_is_due:
            self._header_is_due = False
            self.console.print(self._header(shown), soft_wrap=True)
        line = Text(f"  {step:>7}  {_number(self._loss):>6}  ")
        line.append(
            "  ".join(f"{_number(self._accuracy.get(split)):>6}" for split in ("train", "validation"))
        )
        line.append("  ")
        for layer in shown:
            level = min(max(values[layer], 0.0), 1.0)
            cell = f" {_BARS[round(level * 7)]}{_short(values[layer])}"
            line.append(cell, style=_COLORS[round(level * 6)])
        self.console.print(line, soft_wrap=True)

    def on_progress(self, done: int, total: int) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total, note="checkpoints")

    def _note(self) -> str:
        names = {"train": "train", "validation": "valid"}
        accuracy = "  ".join(
            f"{names.get(split, split)} {value:.3f}" for split, value in self._accuracy.items()
        )
        return f"loss {_number(self._loss)}  {accuracy}"

    def _header(self, layers: list[int]) -> Text:
        names = "".join(f"{layer:>4}  " for layer in layers)
        title = f"\n{'accuracy':>33}   agreement at {self.position}, by layer\n"
        return Text(title + f"  {'step':>7}  {'loss':>6}  {'train':>6}  {'valid':>6}  {names}", style="dim")


def watching(run: Run, overrides: Sequence[str] = ()) -> RunProgress:
    """Who watches a finished run that is measured again with changed settings."""
    return RunProgress(run.settings_with(overrides).claims.position, run.training_steps)


def _short(value: float) -> str:
    """Four characters: .51, -.04, 1.0."""
    text = f"{value:.2f}" if value < 0.995 else "1.0"
    return f"{text.replace('0.', '.', 1):<4}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
