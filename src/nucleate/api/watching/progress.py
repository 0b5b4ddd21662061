"""What a user watches during a run: agreement climbing, layer by layer.

On a terminal there is a bar for what is going on now, with the stage's number, the time gone and the time
left, and above it a line for every checkpoint that stays. Elsewhere, in a notebook too, the same lines come
plain; where none has come for half a minute, one says how far the stage is. This module hides who is shown
that without asking for it. A notebook is; a script, whose output may be read by a program, is not.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from nucleate.api.watching.heartbeat import SILENCE, Heartbeat
from nucleate.spacing import evenly_spaced

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from nucleate.api.runs import Run
    from nucleate.stages.observer import Observer
    from nucleate.training.observer import TrainingRecord

_MOST_LAYERS = 7
_BARS = "▁▂▃▄▅▆▇█"
_WIDE = 115
"""Columns of a terminal that has room for loss and accuracy beside the bar."""
_COLORS = ("#7a7a8c", "#6b7fb3", "#4a90b8", "#35a3a3", "#4db380", "#8cc456", "#d3c93c")


class RunProgress:
    """An experiment's observer that draws on the console.

    Args:
        position: of which agreement is shown.
        steps: of the whole training, for the bar and the time left.
        console: where; the standard output where none is given.
        stages: that are ahead, in order; those that are not among them have no number.
        silence: seconds after which a log is told how far a stage is.
    """

    def __init__(
        self,
        position: str,
        steps: int,
        console: Console | None = None,
        *,
        stages: Sequence[str] = (),
        silence: float = SILENCE,
    ) -> None:
        self.console = console or Console(emoji=False, highlight=False)
        self.position, self.steps, self.stages = position, steps, stages
        self._heart = Heartbeat(self._tell_how_far, silence)
        self._bar = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=10, complete_style="#35a3a3", finished_style="#4db380"),
            _HowFar(),
            *([TextColumn("{task.fields[note]}")] if self.console.width >= _WIDE else []),
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
        if not self.console.is_terminal:
            self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._heart.stop()
        self._bar.stop()

    def _tell_how_far(self) -> None:
        for task in self._bar.tasks:
            self._say(Text(f"  … {task.description}, {how_far(task)}", style="dim"))

    def _say(self, text: Text | str) -> None:
        self._heart.heard()
        self.console.print(text, markup=False, soft_wrap=True)

    def on_stage(self, name: str, what: str) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        if what == "begins":
            self._task = self._bar.add_task(self._numbered(name), total=None, note="")
        if what != "begins" or not self.console.is_terminal:
            mark = {"ends": "[green]✓[/]", "begins": "[dim]…[/]"}.get(what, "[dim]✓[/]")
            line = Text.from_markup(f"  {mark} ").append(self._numbered(name))
            self._say(line if what == "ends" else line.append(f" {what}", style="dim"))

    def _numbered(self, name: str) -> str:
        if name not in self.stages:
            return name
        return f"stage {self.stages.index(name) + 1} of {len(self.stages)}, {name}"

    def on_note(self, text: str) -> None:
        """On a terminal on as many lines as its width asks for, no word broken."""
        width = max(24, self.console.width) if self.console.is_terminal else len(text) + 2
        lines = textwrap.wrap(
            text,
            width,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        self._say("\n".join(lines))

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
            self._say(self._header(shown))
        line = Text(f"  {step:>7}  {_number(self._loss):>6}  ")
        line.append(
            "  ".join(f"{_number(self._accuracy.get(split)):>6}" for split in ("train", "validation"))
        )
        line.append("  ")
        for layer in shown:
            level = min(max(values[layer], 0.0), 1.0)
            cell = f" {_BARS[round(level * 7)]}{_short(values[layer])}"
            line.append(cell, style=_COLORS[round(level * 6)])
        self._say(line)

    def on_progress(self, done: int, total: int) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total)

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


class _HowFar(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(how_far(task))


def how_far(task: Task) -> str:
    """`6 of 10, 1:12 gone, about 0:20 left`, of what is known."""
    parts = [] if task.total is None else [f"{task.completed:,.0f} of {task.total:,.0f}"]
    parts.append(f"{_clock(task.elapsed or 0.0)} gone")
    if task.total and 0 < task.completed < task.total:
        # By what the whole has taken: pieces come in bursts, and the pace of the last two says nothing.
        left = (task.elapsed or 0.0) * (task.total / task.completed - 1)
        parts.append(f"about {_clock(left)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def watched(observer: Observer | None, position: str, steps: int = 0) -> AbstractContextManager[Observer]:
    """Who watches what is done within: whoever is given; in a notebook its reader, else nobody."""
    if observer is not None:
        return nullcontext(observer)
    console = Console(emoji=False, highlight=False)
    if console.is_jupyter:
        return RunProgress(position, steps, console)
    from nucleate.stages.observer import Silent

    return nullcontext(Silent())


def watching(run: Run, overrides: Sequence[str] = ()) -> RunProgress:
    """Who watches a finished run that is measured again with changed settings."""
    return RunProgress(run.settings_with(overrides).claims.position, run.training_steps)


def _short(value: float) -> str:
    """Four characters: .51, -.04, 1.0."""
    text = f"{value:.2f}" if value < 0.995 else "1.0"
    return f"{text.replace('0.', '.', 1):<4}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
