"""The other side: what a user would write today, each with the settings that its own pages show first.

Peers get the same corpus, model size, optimizer, instances per step and threads. Three things make them
faster than a first draft, in their favor: rows are padded to the batch, not to the longest of all; hidden
states are cut to the positions asked for batch by batch; there is no dropout.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.cluster import KMeans
from transformers import (
    DataCollatorForLanguageModeling,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    get_cosine_schedule_with_warmup,
)

from nucleate.corpus.corpus import Corpus
from nucleate.settings.presets import ExperimentSettings

Watcher = Callable[[int, PreTrainedModel], bool]
"""Sees the model after every step, off the clock; where it says so, training ends."""


def hugging_face_model(settings: ExperimentSettings, corpus: Corpus) -> GPT2LMHeadModel:
    """GPT-2 as `GPT2Config` makes it, of our size and seed, so with our first weights; no dropout."""
    torch.manual_seed(settings.seed)
    sizes = {"vocab_size": corpus.vocab_size, "n_positions": corpus.n_positions}
    shape = settings.model.model_dump(include={"n_layer", "n_head", "n_embd"})
    tokens = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": corpus.tokenizer.pad_token_id}
    return GPT2LMHeadModel(
        GPT2Config(**shape, **sizes, **tokens, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
    )


def train_with_trainer(
    model: PreTrainedModel,
    corpus: Corpus,
    settings: ExperimentSettings,
    *,
    steps: int,
    batch: int,
    bf16: bool = False,
    checkpoints: Sequence[int] = (),
    folder: Path | None = None,
    is_enough: Watcher = lambda _step, _model: False,
) -> list[float]:
    """Hugging Face's Trainer on sequences padded to their batch. Returns: seconds of every step."""
    training, clock = settings.training, _Clock(checkpoints, is_enough)
    sequences = corpus.of_split("train")["input_ids"].to_pylist()
    with tempfile.TemporaryDirectory() as temporary:
        arguments = TrainingArguments(
            output_dir=str(folder or temporary),
            max_steps=steps,
            per_device_train_batch_size=batch,
            learning_rate=training.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=min(training.warmup_steps, steps),
            weight_decay=training.weight_decay,
            adam_beta1=training.betas[0],
            adam_beta2=training.betas[1],
            max_grad_norm=training.max_grad_norm,
            bf16=bf16,
            use_cpu=True,
            save_strategy="no",
            save_only_model=True,
            report_to=[],
            disable_tqdm=True,
            logging_strategy="no",
            dataloader_pin_memory=False,
            seed=settings.seed,
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=[{"input_ids": ids} for ids in sequences],
            data_collator=DataCollatorForLanguageModeling(corpus.tokenizer, mlm=False),
            callbacks=[clock],
        )
        trainer.remove_callback(PrinterCallback)  # its one line would stand in the middle of the table
        trainer.train()
    return clock.step_seconds


class _Clock(TrainerCallback):
    """How long each step took, without what a watcher does between two; and that a checkpoint is due."""

    def __init__(self, checkpoints: Sequence[int], is_enough: Watcher) -> None:
        self.checkpoints, self.is_enough = set(checkpoints), is_enough
        self.step_seconds: list[float] = []

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._begun = time.perf_counter()

    def on_step_end(self, _: Any, state: Any, control: Any, model: Any = None, **__: Any) -> None:
        self.step_seconds.append(time.perf_counter() - self._begun)
        control.should_save = state.global_step in self.checkpoints
        if self.is_enough(state.global_step, model):
            control.should_training_stop = True
        self._begun = time.perf_counter()


def train_plainly(
    model: PreTrainedModel, corpus: Corpus, settings: ExperimentSettings, *, steps: int, batch: int
) -> list[float]:
    """A loop as in nanoGPT: random rows, forward and backward, clipping, fused AdamW; float32 on a CPU."""
    training, rng = settings.training, np.random.default_rng(settings.seed)
    sequences = corpus.of_split("train")["input_ids"].to_pylist()
    optimizer = torch.optim.AdamW(
        model.parameters(),
        training.learning_rate,
        training.betas,
        weight_decay=training.weight_decay,
        fused=True,
    )
    schedule = get_cosine_schedule_with_warmup(optimizer, min(training.warmup_steps, steps), steps)
    model.train()
    ends = [time.perf_counter()]
    for _ in range(steps):
        ids, lengths = padded([sequences[i] for i in rng.integers(len(sequences), size=batch)])
        next_token_loss(model, ids, lengths).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), training.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        ends.append(time.perf_counter())
    return [after - before for before, after in itertools.pairwise(ends)]


def next_token_loss(model: PreTrainedModel, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Mean cross entropy over all tokens but each row's first, in nats; padding is no target."""
    targets = ids[:, 1:].masked_fill(torch.arange(1, ids.shape[1]) >= lengths[:, None], -1)
    logits = model(ids[:, :-1]).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)


def padded(sequences: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids padded on the right with zeros, and the lengths."""
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(one) for one in sequences], batch_first=True)
    return ids, torch.tensor([len(one) for one in sequences])


@torch.no_grad()
def output_hidden_states(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], instruction_lengths: Sequence[int], batch: int
) -> dict[str, np.ndarray]:
    """States [example, layer, n_embd] by position, and the predicted tokens, from `output_hidden_states`.

    As all pages on it do, but every batch is cut to the positions before the next: kept whole, its states
    would take as many times the memory as a prompt has tokens. Its last layer lies after the final norm.
    """
    kept: list[dict[str, np.ndarray]] = []
    model.eval()
    for begin in range(0, len(prompts), batch):
        ids, lengths = padded(prompts[begin : begin + batch])
        mask = torch.arange(ids.shape[1]) < lengths[:, None]
        output = model(input_ids=ids, attention_mask=mask.long(), output_hidden_states=True)
        shared = torch.tensor(instruction_lengths[begin : begin + batch])
        kept.append(_at_positions(output, shared, lengths))
    return {name: np.concatenate([one[name] for one in kept]) for name in kept[0]}


def _at_positions(output: Any, shared: torch.Tensor, lengths: torch.Tensor) -> dict[str, np.ndarray]:
    rows = torch.arange(len(lengths))
    hidden = torch.stack(output.hidden_states, dim=1)
    within = (torch.arange(hidden.shape[2]) < shared[:, None]).float()
    mean = torch.einsum("rltd,rt->rld", hidden, within) / shared[:, None, None]
    return {
        "last_instruction": hidden[rows, :, shared - 1].numpy(),
        "input": hidden[rows, :, lengths - 1].numpy(),
        "instruction_mean": mean.numpy(),
        "predicted": output.logits[rows, lengths - 1].argmax(-1).numpy(),
    }


def sklearn_kmeans(points: np.ndarray, n_clusters: int, n_init: int, seed: int) -> Iterator[KMeans]:
    """scikit-learn's KMeans, layer after layer."""
    for layer in points:
        yield KMeans(n_clusters, n_init=n_init, random_state=seed).fit(layer)


def faiss_inertia(points: np.ndarray, n_clusters: int, n_init: int, seed: int) -> float:
    """Faiss on all points, not on 256 per cluster, its usual 25 iterations; summed over layers."""
    import faiss  # noqa: PLC0415 - only one part needs it

    total = 0.0
    for layer in points:
        least, most = 1, len(layer)
        found = faiss.Kmeans(
            layer.shape[1],
            n_clusters,
            nredo=n_init,
            seed=seed,
            min_points_per_centroid=least,
            max_points_per_centroid=most,
        )
        found.train(np.ascontiguousarray(layer, dtype=np.float32))
        total += float(found.index.search(np.ascontiguousarray(layer, dtype=np.float32), 1)[0].sum())
    return total
