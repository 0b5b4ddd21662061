"""What training asks of a model: the next token of packed instances; and how often its answer is right.

No task label comes in here: rows are made of token ids and lengths alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from transformers import PreTrainedModel

from nucleate.corpus.corpus import Corpus
from nucleate.lazy import Float
from nucleate.training.packing import PackedBatch, PackedRows, pack

_EVALUATION_ROWS = 256


def pack_split(
    corpus: Corpus, split: str, objective: str, n_instances: int | None = None, per_row: int | None = None
) -> PackedRows:
    """The rows of a split, of about `n_instances` instances where it has more.

    Args:
        corpus: whose split.
        split: its name.
        objective: see `pack`.
        n_instances: at most so many, but for the last instruction; instructions are taken whole.
        per_row: instances of one row, at most; all of an instruction where not given.
    """
    table = corpus.of_split(split)
    groups = table["instruction_id"].to_numpy()
    if n_instances is not None and n_instances < len(groups):
        distinct = np.unique(groups)
        share = math.ceil(len(distinct) * n_instances / len(groups))
        chosen = np.random.default_rng(0).choice(distinct, share, replace=False)
        table = table.filter(np.isin(groups, chosen))
    return pack(
        table["input_ids"].to_pylist(),
        corpus.shared_lengths(table),
        corpus.answer_lengths(table),
        list(_rows_of(table["instruction_id"].to_pylist(), per_row)),
        objective,
    )


def _rows_of(instructions: Iterable[int], per_row: int | None) -> Iterator[tuple[int, int]]:
    """For each instance its instruction, and in which of that instruction's rows it stands."""
    before: Counter[int] = Counter()
    for instruction in instructions:
        yield instruction, before[instruction] // per_row if per_row else 0
        before[instruction] += 1


def packed_logits(model: PreTrainedModel, batch: PackedBatch) -> Float[torch.Tensor, "prediction vocabulary"]:
    """The model's logits at every place where something is predicted."""
    blocked = torch.zeros(batch.visible.shape, dtype=model.dtype, device=batch.visible.device)
    blocked.masked_fill_(~batch.visible, torch.finfo(model.dtype).min)
    output = model(
        batch.input_ids,
        attention_mask=blocked,
        position_ids=batch.position_ids,
        layout=batch.layout,
        use_cache=False,
    )
    return output.logits[0, batch.places].float()


def packed_loss(model: PreTrainedModel, batch: PackedBatch) -> Float[torch.Tensor, ""]:
    """Mean cross entropy over all predicted tokens of the unpacked instances, in nats."""
    losses = torch.nn.functional.cross_entropy(packed_logits(model, batch), batch.targets, reduction="none")
    return (losses * batch.weights).sum() / batch.weights.sum()


@torch.no_grad()
def answer_accuracy(model: PreTrainedModel, rows: PackedRows) -> float:
    """Share of instances whose whole output has the highest logit at each of its tokens.

    Computed in float32 whatever the training's precision, so that it does not depend on it.
    """
    was_training, device = model.training, model.device
    model.eval()
    right = total = 0
    for start in range(0, len(rows), _EVALUATION_ROWS):
        batch = rows.batch(np.arange(start, min(start + _EVALUATION_ROWS, len(rows))), device)
        missed = packed_logits(model, batch).argmax(-1) != batch.targets
        n_answers = len(batch.answer[batch.answer > 0].unique())
        right += n_answers - len(batch.answer[(batch.answer > 0) & missed].unique())
        total += n_answers
    model.train(was_training)
    return right / total
