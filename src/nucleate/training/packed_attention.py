"""Attention among the tokens of a packed row, in a model that is given all tokens of a batch in one line.

All of a block but its attention works on each token alone, so nothing else need see padding. This module
hides how rows reach the attention of a Hugging Face model, which knows nothing of them: through its table
of attention functions. Without rows, as when states are captured during training, these are the plain ones.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask, sdpa_mask

from nucleate.lazy import Bool, Float, Int

_Attention = Callable[..., tuple[torch.Tensor, torch.Tensor | None]]


@dataclass(frozen=True)
class Layout:
    """Where the tokens of a batch lie in its rows, which are counted through: row after row.

    Attributes:
        cells: of each token.
        tokens: of each cell; 0 where there is none.
        padding: the cells without a token.
    """

    cells: Int[torch.Tensor, " token"]
    tokens: Int[torch.Tensor, " cell"]
    padding: Int[torch.Tensor, " padding"]

    @classmethod
    def of(cls, held: Bool[torch.Tensor, "row width"]) -> Layout:
        """Of the cells that hold a token, in the order of the tokens."""
        cells = held.flatten()
        return cls(cells.nonzero()[:, 0], (cells.cumsum(0) - 1) * cells, (~cells).nonzero()[:, 0])


class _IntoRows(torch.autograd.Function):
    """Each way is a selection: indexing as PyTorch differentiates it would add up one by one."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, layout: Layout) -> torch.Tensor:
        ctx.layout = layout
        return _into_rows(states, layout)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradients[0].index_select(0, ctx.layout.cells), None


class _OutOfRows(torch.autograd.Function):
    """The other way round."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, layout: Layout) -> torch.Tensor:
        ctx.layout = layout
        return states.index_select(0, layout.cells)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return _into_rows(gradients[0], ctx.layout), None


def _into_rows(states: torch.Tensor, layout: Layout) -> torch.Tensor:
    return states.index_select(0, layout.tokens).index_fill_(0, layout.padding, 0)


def _attend(
    plain: _Attention,
    module: torch.nn.Module,
    query: Float[torch.Tensor, "batch head token d"],
    key: Float[torch.Tensor, "batch key_head token d"],
    value: Float[torch.Tensor, "batch key_head token d"],
    attention_mask: torch.Tensor | None,
    *,
    layout: Layout | None = None,
    **others: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    if layout is None:
        return plain(module, query, key, value, attention_mask, **others)
    assert attention_mask is not None, "rows come with what is visible in them"
    n_rows, _, _, width = attention_mask.shape

    def rows_of(states: torch.Tensor) -> torch.Tensor:
        cells: torch.Tensor = _IntoRows.apply(states[0].transpose(0, 1), layout)
        return cells.view(n_rows, width, *cells.shape[1:]).transpose(1, 2)

    output, weights = plain(module, rows_of(query), rows_of(key), rows_of(value), attention_mask, **others)
    return _OutOfRows.apply(output.flatten(0, 1), layout)[None], weights


def _eager(module: torch.nn.Module, *states: Any, **others: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The plain attention of the module's own architecture, which stands beside it."""
    plain: _Attention = sys.modules[type(module).__module__].eager_attention_forward
    return plain(module, *states, **others)


def packed(attention: str) -> str:
    """By what name `set_attn_implementation` knows the attention `sdpa` or `eager` within packed rows."""
    return f"packed-{attention}"


for _name, _plain, _mask in (
    ("sdpa", sdpa_attention_forward, sdpa_mask),
    ("eager", _eager, eager_mask),
):
    AttentionInterface.register(packed(_name), partial(_attend, _plain))
    AttentionMaskInterface.register(packed(_name), _mask)
