"""A callback of transformers' Trainer: clusters of one's own model while it trains.

This module hides what the Trainer tells and when. What a look is, `watching.py` knows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

from transformers import (
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from nucleate.api.runs import Run
from nucleate.api.settings import Overrides
from nucleate.corpus.prompts.given_prompts import prompts_file
from nucleate.errors import ConfigError
from nucleate.integrations.watching import Watch
from nucleate.settings.tables import assignments


class NucleateCallback(TrainerCallback):
    """Watches when and where clusters form in a model that `transformers.Trainer` (or TRL's) trains.

    Before the first step, every `every` steps and after the last one the states of some prompts are kept,
    with the model in evaluation mode and without gradients; weights and chance are left as they were. At the
    end the folder holds what an analysis leaves: scores with intervals and controls (step 0 is the model
    before this training), verdicts, figures and `report.html`; `callback.run` reads it.

    `trainer.add_callback(callback)` keeps the curves in `state.log_history`; `callback.watch(trainer)` does
    both, and has the Trainer send them to whatever it logs to.

    Cost: a look is one forward pass over the prompts, and a disk write of sites * positions * width * 4 bytes
    per prompt; the log and the manifest say how long all took. Looks that are due are left out while they
    have taken more than `most_share` of the time since the training began. Scoring comes after the last step.
    With several processes the first one alone looks: models that are spread over processes (FSDP, ZeRO 3)
    were not tried.

    Args:
        prompts: labeled ones: a JSONL or CSV file, a list of dicts, a DataFrame or a `datasets.Dataset`.
        every: optimizer steps from look to look.
        positions: whose states are kept: `last`, and of prompts that tell their parts `last_instruction`,
            `input`, `instruction_mean`.
        out: the folder; its name is the model's in tables.
        most_share: of the training's time, for looks.
        tokenizer: the Trainer's `processing_class` where not given.
        overrides: of settings, such as `scoring.factors=["task"]`; lines or a mapping.
    """

    run: Run

    def __init__(
        self,
        prompts: Any,
        *,
        every: int = 100,
        positions: Iterable[str] = ("last",),
        out: str | Path = "runs/trainer",
        most_share: float = 0.1,
        tokenizer: Any = None,
        overrides: Overrides = (),
    ) -> None:
        _check(every, positions, most_share, out)
        self.every, self.tokenizer, self.trainer = every, tokenizer, None
        chosen = (positions,) if isinstance(positions, str) else positions
        out, names = Path(out), ", ".join(f'"{name}"' for name in chosen)
        settings = [f"scoring.positions=[{names}]", f"unseen.positions=[{names}]", *assignments(overrides)]
        file = prompts_file(prompts, out)
        self._watch = Watch(file, out, most_share, tuple(settings))

    def watch(self, trainer: Trainer) -> NucleateCallback:
        """Add this callback to a Trainer, and log through it."""
        if not hasattr(trainer, "add_callback"):
            raise ConfigError(
                f"expected a Trainer to watch, got {type(trainer).__name__}",
                "Give the transformers.Trainer, or one that is made from it.",
            )
        self.trainer = trainer
        trainer.add_callback(self)
        return self

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            tokenizer = self.tokenizer or kwargs.get("processing_class")
            if tokenizer is None:
                raise ConfigError(
                    "the Trainer has no tokenizer", "Give tokenizer=, or processing_class to it."
                )
            self._log(self._watch.begin(kwargs["model"], tokenizer, state.global_step), state, control)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero and state.global_step % self.every == 0:
            self._log(self._watch.look(kwargs["model"], state.global_step), state, control)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            model: PreTrainedModel = kwargs["model"]
            self._log(self._watch.look(model, state.global_step, must=True), state, control)
            self.run = self._watch.end(state.log_history)

    def _log(self, curves: Mapping[str, float], state: TrainerState, control: TrainerControl) -> None:
        """The Trainer forgets that it was to log its own figures once it has logged ours."""
        if not curves:
            return
        if self.trainer is None:
            state.log_history.append({**curves, "step": state.global_step})
            return
        due = control.should_log
        self.trainer.log(dict(curves))
        control.should_log = due


def _check(every: Any, positions: Any, most_share: Any, out: Any) -> None:
    """Raises ConfigError for what could only fail when the training has begun."""
    if not isinstance(every, Integral) or every < 1:
        raise ConfigError(f"every={every!r} is no number of steps", "Give a whole number, 1 or more.")
    if not isinstance(most_share, int | float) or not most_share >= 0:
        raise ConfigError(f"most_share={most_share!r} is no share", "Give a number from 0, 0.1 as a rule.")
    if not isinstance(positions, Iterable) or not all(isinstance(name, str) for name in positions):
        raise ConfigError(f"positions={positions!r} names no positions", 'Give for instance ("last",).')
    if not isinstance(out, str | os.PathLike) or not str(out):
        raise ConfigError(f"out={out!r} is no folder", "Give a path.")
