"""What a model answers behind each prompt, by its own forward pass.

This module hides that whatever an architecture does to its logits after the head (a soft cap, a scale, a
transform before it) is done, because the model itself is called with states that were computed before:
nothing of it is built again here.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from nucleate.corpus.corpus import NO_ANSWER
from nucleate.lazy import Bool, Float, Int
from nucleate.models.blocks import giving, most_symbols

_LOGITS = 3 * 2**20
"""Given by the head at once: 64 states' of a vocabulary of 50,000. They are the widest thing there is."""

Answers = tuple[
    Int[np.ndarray, " row"], Bool[np.ndarray, " row"], Float[np.ndarray, " row"], Float[np.ndarray, " row"]
]
"""`predicted`, `answered`, `surprisal` and `confidence` of each row; see `forward.Captured`."""


def answers_after(
    model: PreTrainedModel,
    body: torch.nn.Module,
    output: Any,
    ids: list[list[int]],
    prompts: Int[np.ndarray, " row"],
) -> Answers:
    """The answers of one batch; the head is run where a token of an answer is to come next alone.

    Args:
        model: in evaluation mode.
        body: of it, as `blocks.body_of` finds it.
        output: what the body gave for the batch.
        ids: token ids of each row, those that `output` has and its answer.
        prompts: tokens of each row's prompt among them.
    """
    given = [one[int(n) :] or [NO_ANSWER] for one, n in zip(ids, prompts, strict=True)]
    lengths = np.array([len(answer) for answer in given])
    begin = np.cumsum(lengths) - lengths
    rows = np.repeat(np.arange(len(ids)), lengths)
    columns = np.arange(len(rows)) - begin[rows] + prompts[rows] - 1
    wanted = np.concatenate(given)
    likeliest, surprisal, confidence = _judge(model, body, output, rows, columns, wanted)
    right = np.logical_and.reduceat(likeliest == wanted, begin)
    means = np.where(wanted[begin] == NO_ANSWER, np.nan, np.add.reduceat(surprisal, begin) / lengths)
    return likeliest[begin], right, means.astype(np.float32), confidence[begin]


def _judge(
    model: PreTrainedModel,
    body: torch.nn.Module,
    output: Any,
    rows: Int[np.ndarray, " token"],
    columns: Int[np.ndarray, " token"],
    wanted: Int[np.ndarray, " token"],
) -> tuple[Int[np.ndarray, " token"], Float[np.ndarray, " token"], Float[np.ndarray, " token"]]:
    """The likeliest token after each state, the wanted one's surprisal, the likeliest's probability."""
    at_once = max(1, _LOGITS // most_symbols(model))
    parts = (torch.from_numpy(each).split(at_once) for each in (rows, columns, wanted))
    likeliest, surprisal, confidence = [], [], []
    for row, column, token in zip(*parts, strict=True):
        logits = logits_at(model, body, output, row, column)
        likeliest.append(logits.argmax(-1).cpu())
        confidence.append(logits.softmax(-1).amax(-1).cpu())
        surprisal.append(
            cross_entropy(logits, token.to(logits.device), ignore_index=NO_ANSWER, reduction="none").cpu()
        )
    found, nats, probability = (torch.cat(each).numpy() for each in (likeliest, surprisal, confidence))
    return found, nats, probability


def logits_at(
    model: PreTrainedModel,
    body: torch.nn.Module,
    output: Any,
    rows: Int[torch.Tensor, " state"],
    columns: Int[torch.Tensor, " state"],
) -> Float[torch.Tensor, "state vocabulary"]:
    """The model's own logits after some of the states that its body gave, in float32."""
    last = output.last_hidden_state
    chosen = last[rows.to(last.device), columns.to(last.device)][None]
    ids = torch.zeros(1, chosen.shape[1], dtype=torch.long, device=model.device)
    with giving(body, _with_states(output, chosen)):
        return model(ids, use_cache=False).logits[0].float()


def _with_states(output: Any, states: torch.Tensor) -> Any:
    """What a body gave, with other states in the place of its last ones."""
    changed = copy.copy(output)
    changed.last_hidden_state = states
    return changed
