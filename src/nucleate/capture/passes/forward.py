"""One batch through a model: the states at the chosen positions, and what the model answers.

This module hides that states leave the forward pass as weighted sums, never as all tokens; that what
prompts begin with alike is run once and its keys and values handed to each; that padding lies behind every
token that is looked at; that a block which gives no states is an error and never zeros; and that the whole
answer is judged in the same pass: an answer whose every token has the highest logit behind the ones before
it is the one that greedy decoding gives.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from nucleate.capture.passes.answers import answers_after
from nucleate.capture.passes.batches import Batch
from nucleate.capture.positions import position_weights
from nucleate.capture.sites import read_sites
from nucleate.corpus.spans import Spans
from nucleate.errors import ModelError
from nucleate.lazy import Bool, Float, Int
from nucleate.models.blocks import Blocks, body_of, depends_on_length, width_of


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
        self.body = body_of(model)

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
        output = self._keep_rest([one[n:] for one in fed], weights[:, :, n:], states, cache, n)
        rest = [one[n:] for one in ids]
        return Captured(states.numpy(), *answers_after(self.model, self.body, output, rest, own.prompt - n))

    def _keep(
        self, begun: list[list[int]], weights: torch.Tensor, states: torch.Tensor, of: torch.Tensor
    ) -> Cache:
        """Run the distinct beginnings; returns what the rows go on from."""
        ids = torch.tensor(begun, device=self.model.device)
        with self._reading(weights, states, of):
            output = self.body(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=True)
        return _Begun(output.past_key_values, of.to(self.model.device))

    def _keep_rest(
        self, rest: list[list[int]], weights: torch.Tensor, states: torch.Tensor, cache: Cache | None, n: int
    ) -> Any:
        ids, mask = right_padded(rest, self.model.device)
        before = torch.ones(len(rest), n, dtype=mask.dtype, device=mask.device)
        how: dict[str, Any] = {"past_key_values": cache, "use_cache": True} if cache else {"use_cache": False}
        with self._reading(weights, states, None):
            return self.body(input_ids=ids, attention_mask=torch.cat([before, mask], dim=1), **how)

    @contextmanager
    def _reading(
        self, weights: torch.Tensor, states: torch.Tensor, of: torch.Tensor | None
    ) -> Iterator[None]:
        """Within, a pass adds to `states` what each row takes of its tokens; `of` is its row in what is run.

        Raises:
            ModelError: a site gave nothing, or something that is no states.
        """
        seen: set[str] = set()

        def read(site: str, hidden: Any) -> None:
            self._require_states(site, hidden, weights, of)
            seen.add(site)
            each = hidden.float() if of is None else hidden.float()[of.to(hidden.device)]
            states[:, self.blocks.sites.index(site)] += torch.bmm(weights.to(hidden.device), each).cpu()

        with read_sites(self.blocks, read):
            yield
        for site in self.blocks.sites:
            if site not in seen:
                raise ModelError(
                    f"{type(self.model).__name__} runs without {site}, which was found by its place",
                    "Report the class of the model: its blocks are found wrongly.",
                )

    def _require_states(self, site: str, hidden: Any, weights: torch.Tensor, of: torch.Tensor | None) -> None:
        """Rows of tokens of the model's width, and nothing else."""
        rows = len(weights) if of is None else int(of.max()) + 1
        wanted = (rows, weights.shape[-1], width_of(self.model))
        found = tuple(hidden.shape) if isinstance(hidden, torch.Tensor) else type(hidden).__name__
        if found != wanted:
            raise ModelError(
                f"{type(self.model).__name__} gives at {site} {found}, not states of {wanted} "
                "(prompts, tokens, width)",
                "Its blocks do not hand on one state for each token, so it cannot be looked at.",
            )


@torch.no_grad()
def keeps_keys_and_values(model: PreTrainedModel) -> bool:
    """Whether what was run of a text can be handed to several that go on from it.

    Not if the model is recurrent, or if its keys depend on how long the whole text is.
    """
    if depends_on_length(model):
        return False
    one = torch.zeros(1, 1, dtype=torch.long, device=model.device)
    output = body_of(model)(input_ids=one, attention_mask=torch.ones_like(one), use_cache=True)
    cache = getattr(output, "past_key_values", None)
    plain = (
        DynamicLayer,
        DynamicSlidingWindowLayer,
    )  # these themselves: others keep more than keys and values
    if cache is None or type(cache) is not DynamicCache:
        return False
    return all(type(layer) in plain for layer in cache.layers)


def right_padded(prompts: list[list[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask; behind the text, padding is out of sight of every causal state before it."""
    lengths = np.array([len(prompt) for prompt in prompts])
    held = np.arange(lengths.max()) < lengths[:, None]
    ids = np.zeros(held.shape, dtype=np.int64)
    ids[held] = np.fromiter(itertools.chain.from_iterable(prompts), dtype=np.int64)
    return torch.from_numpy(ids).to(device), torch.from_numpy(held).long().to(device)
