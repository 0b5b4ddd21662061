"""One batch through a model: the states at the chosen positions, and what the model answers.

Hidden here: that states leave the forward pass as weighted sums, never as all tokens; that what prompts begin
with alike is run once and its keys and values handed to each; that padding lies behind every token that is
looked at; and that the whole answer is judged in the same pass: an answer whose every token has the highest
logit behind the ones before it is the one that greedy decoding gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel
from transformers.cache_utils import Cache, DynamicLayer

from nucleate.capture.batches import Batch
from nucleate.capture.positions import position_weights
from nucleate.capture.sites import read_sites
from nucleate.corpus.corpus import NO_ANSWER
from nucleate.corpus.spans import Spans
from nucleate.models.blocks import Blocks, width_of

_HEAD_ROWS = 64
"""So many states are given to the head at once: its logits are the widest thing there is."""


@dataclass(frozen=True)
class Captured:
    """What one batch gave, in the order of its rows.

    Attributes:
        states: in float32.
        predicted: the likeliest token after each prompt.
        answered: whether greedy decoding gives the whole answer; False where there is none.
        surprisal: of the answer's tokens, each behind the ones before it: their mean, in nats; NaN where
            there is none.
        confidence: the probability of `predicted`.
    """

    states: Float[np.ndarray, "row site position n_embd"]
    predicted: Int[np.ndarray, " row"]
    answered: Bool[np.ndarray, " row"]
    surprisal: Float[np.ndarray, " row"]
    confidence: Float[np.ndarray, " row"]


class _Begun(Cache):
    """Keys and values of beginnings, handed at each layer to every row that goes on from one.

    Nothing is added to them and none is kept once for every row: only a single layer ever has so many.

    Args:
        begun: what was kept of the beginnings.
        of: which of them each row goes on from.
    """

    def __init__(self, begun: Cache, of: torch.Tensor) -> None:
        super().__init__(layers=begun.layers)
        self.of = of

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What a layer attends to: the beginnings' own, then what is new."""
        layer = self.layers[layer_idx]
        of = self.of.to(layer.keys.device)
        kept = ((layer.keys, key_states), (layer.values, value_states))
        keys, values = (torch.cat([begun[of], new], dim=-2) for begun, new in kept)
        return keys, values


class Forward:
    """A model, made ready for batches of one kind of prompts.

    Args:
        model: in evaluation mode.
        blocks: its blocks.
        positions: names of `positions.POSITIONS`.
    """

    def __init__(self, model: PreTrainedModel, blocks: Blocks, positions: tuple[str, ...]) -> None:
        self.model, self.blocks, self.positions = model, blocks, positions

    @torch.no_grad()
    def run(self, batch: Batch, sequences: Sequence[list[int]], spans: Spans) -> Captured:
        """Args: the batch; token ids and spans of all that it chooses from.

        Beginnings can be shared where `keeps_keys_and_values`.
        """
        ids = [sequences[row] for row in batch.rows.tolist()]
        own = spans.select(batch.rows)
        fed = [one[:-1] if len(one) > n else one for one, n in zip(ids, own.prompt.tolist(), strict=True)]
        weights = torch.from_numpy(position_weights(self.positions, own, max(map(len, fed))))
        shape = (len(ids), len(self.blocks.sites), len(self.positions), width_of(self.model))
        states, cache, n = torch.zeros(shape), None, batch.n_shared
        if n:
            _, first = np.unique(batch.beginning, return_index=True)
            begun = [fed[row][:n] for row in first]
            cache = self._keep(begun, weights[:, :, :n], states, torch.from_numpy(batch.beginning))
        last = self._keep_rest([one[n:] for one in fed], weights[:, :, n:], states, cache, n)
        return Captured(states.numpy(), *self._answers(last, ids, own.prompt - n, n))

    def _keep(
        self, begun: list[list[int]], weights: torch.Tensor, states: torch.Tensor, of: torch.Tensor
    ) -> Cache:
        """Run the distinct beginnings; returns what the rows go on from."""
        ids = torch.tensor(begun, device=self.model.device)
        with read_sites(self.blocks, self._reader(weights, states, of)):
            output = self.model.base_model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=True)
        return _Begun(output.past_key_values, of.to(self.model.device))

    def _keep_rest(
        self, rest: list[list[int]], weights: torch.Tensor, states: torch.Tensor, cache: Cache | None, n: int
    ) -> torch.Tensor:
        ids, mask = right_padded(rest, self.model.device)
        before = torch.ones(len(rest), n, dtype=mask.dtype, device=mask.device)
        how: dict[str, Any] = {"past_key_values": cache, "use_cache": True} if cache else {"use_cache": False}
        with read_sites(self.blocks, self._reader(weights, states, None)):
            output = self.model.base_model(
                input_ids=ids, attention_mask=torch.cat([before, mask], dim=1), **how
            )
        return output.last_hidden_state

    def _reader(self, weights: torch.Tensor, states: torch.Tensor, of: torch.Tensor | None) -> Any:
        """Adds to `states` what each row takes of the tokens that are run; `of` is its row in what is run."""

        def read(site: str, hidden: torch.Tensor) -> None:
            mine = weights.to(hidden.device)
            each = hidden.float() if of is None else hidden.float()[of.to(hidden.device)]
            states[:, self.blocks.sites.index(site)] += torch.bmm(mine, each).cpu()

        return read

    def _answers(
        self, last: torch.Tensor, ids: list[list[int]], prompts: Int[np.ndarray, " row"], n: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """`predicted`, `answered`, `surprisal` and `confidence` of each row.

        The head is run where a token of the answer is to come next, and nowhere else.
        """
        given = [one[n + int(k) :] or [NO_ANSWER] for one, k in zip(ids, prompts, strict=True)]
        lengths = np.array([len(answer) for answer in given])
        begin = np.cumsum(lengths) - lengths
        rows = np.repeat(np.arange(len(ids)), lengths)
        columns = np.arange(len(rows)) - begin[rows] + prompts[rows] - 1
        wanted = np.concatenate(given)
        likeliest, surprisal, confidence = self._judge(last, rows, columns, wanted)
        right = np.logical_and.reduceat(likeliest == wanted, begin)
        means = np.where(wanted[begin] == NO_ANSWER, np.nan, np.add.reduceat(surprisal, begin) / lengths)
        return likeliest[begin], right, means.astype(np.float32), confidence[begin]

    def _judge(
        self,
        last: torch.Tensor,
        rows: Int[np.ndarray, " token"],
        columns: Int[np.ndarray, " token"],
        wanted: Int[np.ndarray, " token"],
    ) -> tuple[Int[np.ndarray, " token"], Float[np.ndarray, " token"], Float[np.ndarray, " token"]]:
        """The likeliest token after each state, the wanted one's surprisal, the likeliest's probability."""
        head = self.model.get_output_embeddings()
        parts = (torch.from_numpy(each).to(last.device).split(_HEAD_ROWS) for each in (rows, columns, wanted))
        likeliest, surprisal, confidence = [], [], []
        for row, column, token in zip(*parts, strict=True):
            logits = head(last[row, column].to(head.weight.device)).float()
            likeliest.append(logits.argmax(-1).cpu())
            confidence.append(logits.softmax(-1).amax(-1).cpu())
            surprisal.append(
                cross_entropy(logits, token.to(logits.device), ignore_index=NO_ANSWER, reduction="none").cpu()
            )
        parts_ = (torch.cat(each).numpy() for each in (likeliest, surprisal, confidence))
        found, nats, probability = parts_
        return found, nats, probability


@torch.no_grad()
def keeps_keys_and_values(model: PreTrainedModel) -> bool:
    """Whether what was run of a text can be handed to several that go on from it: not if it is recurrent."""
    one = torch.zeros(1, 1, dtype=torch.long, device=model.device)
    output = model.base_model(input_ids=one, attention_mask=torch.ones_like(one), use_cache=True)
    cache = getattr(output, "past_key_values", None)
    return isinstance(cache, Cache) and all(isinstance(layer, DynamicLayer) for layer in cache.layers)


def right_padded(prompts: list[list[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask; behind the text, padding is out of sight of every causal state before it."""
    width = max(map(len, prompts))
    ids = torch.zeros(len(prompts), width, dtype=torch.long)
    for row, prompt in zip(ids, prompts, strict=True):
        row[: len(prompt)] = torch.tensor(prompt)
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    mask = (torch.arange(width)[None, :] < lengths[:, None]).long()
    return ids.to(device), mask.to(device)
