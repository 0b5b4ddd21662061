"""The one training loop.

It reads a corpus, writes checkpoints and `training.jsonl`, and tells an observer what happens. It never
sees a task label. This module hides packing, precision, and that a run that was killed and resumed ends in
the same bytes as one that was not. For that, all that a step does is a function of (settings, seed, step)
and the weights and moments before it.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import asdict

import numpy as np
import torch
from transformers import PreTrainedModel

from nucleate.corpus.corpus import Corpus
from nucleate.errors import Interrupted, TrainingError
from nucleate.models.loading import pick_device
from nucleate.run_folder.atomic_write import flush_to_disk, whole
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.interrupts import PendingInterrupt, hold_interrupts
from nucleate.run_folder.manifest import sha256
from nucleate.training.checkpoint import (
    Reached,
    load_training_state,
    save_checkpoint,
    save_training_state,
)
from nucleate.training.objective import answer_accuracy, pack_split, packed_loss
from nucleate.training.observer import TrainingObserver, TrainingRecord
from nucleate.training.packed_attention import packed
from nucleate.training.packing import PackedBatch
from nucleate.training.precision import Precision, choose_precision, parse_precision
from nucleate.training.schedule import learning_rate, rows_of_step
from nucleate.training.settings import TrainingSettings

CALMER = (
    "Run into another folder (--out) with a lower training.learning_rate or training.weight_decay, more "
    "training.warmup_steps, or another training.precision."
)
"""What helps where numbers grow beyond all bounds: this folder keeps the settings that it was begun with."""


def train(
    model: PreTrainedModel,
    corpus: Corpus,
    settings: TrainingSettings,
    folder: RunFolder,
    *,
    seed: int,
    observer: TrainingObserver,
) -> None:
    """Train `model` to the end, from where the folder's training state left off where there is one.

    Raises:
        TrainingError: a loss or a gradient is not finite; the last good checkpoint is kept.
        Interrupted: Ctrl-C or SIGTERM; the state of the step in hand is saved first.
    """
    _Training(model, corpus, settings, folder, seed, observer).run()


class _Training:
    def __init__(
        self,
        model: PreTrainedModel,
        corpus: Corpus,
        settings: TrainingSettings,
        folder: RunFolder,
        seed: int,
        observer: TrainingObserver,
    ) -> None:
        self.settings, self.folder, self.seed, self.observer = settings, folder, seed, observer
        self.device = pick_device(settings.device)
        self.model = model.to(self.device).train()
        self.tokenizer = corpus.tokenizer
        per_row = settings.inputs_per_instruction or None
        self.rows = pack_split(corpus, "train", settings.objective, per_row=per_row)
        self.evaluated = {
            split: pack_split(corpus, split, settings.objective, settings.n_evaluation)
            for split in ("train", "validation")
            if corpus.of_split(split).num_rows
        }
        self.optimizer = _adamw(model, settings)
        self.checkpoints = set(settings.all_checkpoint_steps())
        self.step, self.tokens, self.seconds_before = 0, 0, 0.0
        self.precision = self._settle_precision()
        model.set_attn_implementation(packed(self.precision.attention))

    def run(self) -> None:
        resumed = self._resume()
        self.begun = time.monotonic()
        with hold_interrupts() as pending:
            if not resumed:
                self._evaluate_and_save(None, 0.0)
            while self.step < self.settings.steps:
                self._stop_if_asked(pending)
                loss, rate = self._take_step()
                self._evaluate_and_save(loss, rate)
        self.folder.record(self.folder.training_log)
        self.folder.discard(self.folder.training_state)

    def _take_step(self) -> tuple[float, float]:
        settings, step = self.settings, self.step
        rows = rows_of_step(
            step, n_rows=len(self.rows), batch_rows=settings.batch_instructions, seed=self.seed
        )
        batch = self.rows.batch(rows, self.device)
        rate = learning_rate(
            step,
            peak=settings.learning_rate,
            warmup_steps=settings.warmup_steps,
            steps=settings.steps,
            schedule=settings.schedule,
        )
        torch.manual_seed(_dropout_seed(self.seed, step))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self._backward(batch, self.precision)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.max_grad_norm)
        self._require_finite(step + 1, loss=loss.item(), gradient=norm.item())
        self.optimizer.step()
        self.step, self.tokens = step + 1, self.tokens + int(batch.weights.sum())
        return loss.item(), rate

    def _backward(self, batch: PackedBatch, precision: Precision) -> torch.Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        with precision.autocast(self.device):
            loss = packed_loss(self.model, batch)
        loss.backward()
        return loss.detach()

    def _evaluate_and_save(self, loss: float | None, rate: float) -> None:
        is_checkpoint = self.step in self.checkpoints
        accuracy = None
        if is_checkpoint or self.step % self.settings.evaluate_every == 0:
            accuracy = {split: answer_accuracy(self.model, rows) for split, rows in self.evaluated.items()}
        record = TrainingRecord(self.step, loss, rate, self._seconds(), self.tokens, accuracy)
        self._log(record)
        if is_checkpoint:
            largest = max(float(one.detach().abs().max()) for one in self.model.parameters())
            self._require_finite(self.step, **{"largest weight": largest})
            save_checkpoint(self.folder, self.step, self.model, self.tokenizer)
            self._save_state()
            self.observer.on_checkpoint(self.step, self.model)

    def _seconds(self) -> float:
        return round(self.seconds_before + time.monotonic() - self.begun, 3)

    def _log(self, record: TrainingRecord) -> None:
        line = {name: value for name, value in asdict(record).items() if value is not None}
        with self.folder.training_log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.observer.on_record(record)

    def _save_state(self) -> None:
        """All that a resumed run needs; the log is on disk before what says how long it is."""
        log = self.folder.training_log
        flush_to_disk(log)
        reached = Reached(self.step, self.tokens, self._seconds(), log.stat().st_size, sha256(log))
        save_training_state(self.folder, reached, self.model, self.optimizer)

    def _stop_if_asked(self, pending: PendingInterrupt) -> None:
        if pending.signal_number is not None:
            self._save_state()
            raise Interrupted(pending.signal_number)

    def _require_finite(self, step: int, **values: float) -> None:
        for name, value in values.items():
            if not math.isfinite(value):
                kept = ["none", *(f"step {one}" for one in self.folder.checkpoint_steps())][-1]
                raise TrainingError(
                    f"the {name} is {value} at step {step}; the last good checkpoint is {kept}",
                    CALMER,
                )

    def _settle_precision(self) -> Precision:
        """The precision that the run began with, the one asked for, or the fastest safe one here."""
        begun_with = self.folder.manifest.get("precision")
        if begun_with:
            return Precision(**begun_with)
        if self.settings.precision == "auto":
            config, rows = self.model.config, self.settings.batch_instructions
            batch = self.rows.batch(np.arange(len(self.rows))[:rows], self.device)

            def step(candidate: Precision) -> None:
                self.model.set_attn_implementation(packed(candidate.attention))
                self._backward(batch, candidate)

            shape = (
                config.num_hidden_layers,
                config.num_attention_heads,
                config.hidden_size,
                config.vocab_size,
            )
            precision = choose_precision(step, self.device, (*shape, *batch.visible.shape))
            self.optimizer.zero_grad(set_to_none=True)
        else:
            precision = parse_precision(self.settings.precision)
        self.folder.describe(precision=asdict(precision))
        return precision

    def _resume(self) -> bool:
        """Go back to the saved state and forget what the log says after it; False where there is none."""
        state = self.folder.training_state
        if not (self.folder.has_recorded(state) and self.folder.holds(state)):
            self.folder.training_log.unlink(missing_ok=True)
            return False
        reached = load_training_state(state, self.model, self.optimizer)
        self.step, self.tokens, self.seconds_before = reached.step, reached.tokens, reached.seconds
        self.observer.on_note(f"Continuing at step {self.step} of {self.settings.steps}")
        with whole(self.folder.training_log) as path:
            path.write_bytes(self._log_until(reached))
        return True

    def _log_until(self, reached: Reached) -> bytes:
        """The log as it was then; of one that was damaged, the lines that are whole."""
        log = self.folder.training_log
        content = log.read_bytes() if log.exists() else b""
        until = content[: reached.log_size]
        if hashlib.sha256(until).hexdigest() == reached.log_digest:
            return until
        lines = _lines_until(content, reached.step)
        self.observer.on_note(
            f"{log} was damaged: {len(lines)} of its {reached.step + 1} lines are kept; the weights are whole"
        )
        return b"".join(lines)


def _adamw(model: PreTrainedModel, settings: TrainingSettings) -> torch.optim.AdamW:
    """Weight decay on matrices only; norms and biases are not pulled to zero."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=True)


def _dropout_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])


def _lines_until(content: bytes, step: int) -> list[bytes]:
    """The lines of a damaged log that can be read, of steps that ascend to `step`."""
    lines, last = [], -1
    for line in content.splitlines(keepends=True):
        try:
            of = json.loads(line)["step"]
            belongs = line.endswith(b"\n") and isinstance(of, int) and last < of <= step
        except (ValueError, KeyError, TypeError):
            continue
        if belongs:
            lines.append(line)
            last = of
    return lines
