"""A callback of transformers' Trainer: clusters of one's own model while it trains.

This module hides what the Trainer tells and when, and that a training never ends for our sake: what is wrong
with a call is said before the first step, and whatever fails after it is told as a warning. What a look is,
`watching.py` knows.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
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
from nucleate.corpus.prompts.given_prompts import given_prompts
from nucleate.errors import ConfigError, NucleateError, RunFolderError, WatchingWarning
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

    What is wrong with the prompts, the folder or the settings is said before the first step. After it nothing
    of this ends the training: a look that fails, as where a weight has become infinite, is left out, and so
    is the scoring at the end, each with a `WatchingWarning`.

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
        given = given_prompts(prompts, out)
        self._watch = Watch(given, out, most_share, tuple(settings))
        self._run: Run | None = None
        self._failed, self._told = "the training is not at its end", set[type[Exception]]()

    @property
    def run(self) -> Run:
        """What was seen, scored, once the training is at its end. Raises RunFolderError before that."""
        if self._run is None:
            raise RunFolderError(
                f"{self._watch.out} was not scored: {self._failed}",
                "nucleate score on the folder scores the looks that a finished training has left.",
            )
        return self._run

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
            self._told.clear()
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
            self._log(self._look(kwargs["model"], state.global_step), state, control)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self._log(self._look(kwargs["model"], state.global_step, must=True), state, control)
            with self._spared("the scoring of what was seen"):
                self._run = self._watch.end(state.log_history)

    def _look(self, model: PreTrainedModel, step: int, *, must: bool = False) -> Mapping[str, float]:
        with self._spared(f"the look at step {step}"):
            return self._watch.look(model, step, must=must)
        return {}

    @contextmanager
    def _spared(self, what: str) -> Iterator[None]:
        """Whatever fails within is told, once of its kind, and left out."""
        try:
            yield
        except Exception as error:  # hours of somebody's training hang on it
            self._failed = (
                error.what if isinstance(error, NucleateError) else f"{type(error).__name__}: {error}"
            )
            if type(error) not in self._told:
                self._told.add(type(error))
                _warn(f"{what} is left out, and the training goes on: {self._failed}")

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


def _warn(text: str) -> None:
    """A warning, also to those whom warnings are errors: here one would end the training."""
    try:
        warnings.warn(text, WatchingWarning, stacklevel=2)
    except WatchingWarning:
        print(f"Warning: {text}", file=sys.stderr)
