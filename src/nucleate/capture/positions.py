"""Which token's state: every position as weights over the tokens of an instance.

A single token is a weight of one, a mean is equal weights, so that the capture treats all positions
alike and keeps nothing else.
"""

from __future__ import annotations

import numpy as np

from nucleate.corpus.spans import Spans
from nucleate.errors import ConfigError
from nucleate.lazy import Float, Int

POSITIONS = ("last_instruction", "input", "instruction_mean", "last", "prompt_mean", "every_token")
"""The last token of the instruction, the last of the input, the mean over the instruction, the last before
the answer (in `[I; x; y]` with a single token x, `input` and `last` are one), the mean over the whole prompt,
and every token of the prompt as a point of its own, of which each prompt gives one that was drawn."""


def position_weights(
    positions: tuple[str, ...], spans: Spans, n_tokens: int
) -> Float[np.ndarray, "example position token"]:
    """Weights whose product with the states of all tokens is the state at each position.

    Args:
        positions: names of `POSITIONS`.
        spans: of the examples.
        n_tokens: tokens of the padded batch; padding lies on the right.

    Raises:
        ConfigError: there is no such position; CorpusError: the corpus cannot tell it.
    """
    weights = np.zeros((len(spans.prompt), len(positions), n_tokens), dtype=np.float32)
    column = np.arange(n_tokens)[None, :]
    for index, name in enumerate(positions):
        start, end = span_at(name, spans).T[:, :, None]
        weights[:, index] = ((start <= column) & (column < end)) / (end - start)
    return weights


def span_at(position: str, spans: Spans) -> Int[np.ndarray, "example 2"]:
    """The tokens whose mean is the state at a position: its first, and the one behind its last."""
    if position not in POSITIONS:
        raise ConfigError(f"no position {position!r}", f"Positions: {', '.join(POSITIONS)}")
    spans.require(position)
    if position == "instruction_mean":
        assert spans.instruction is not None
        return spans.instruction
    if position == "prompt_mean":
        return np.stack([np.zeros_like(spans.prompt), spans.prompt], axis=1)
    if position == "every_token":
        assert spans.drawn is not None
        return np.stack([spans.drawn, spans.drawn + 1], axis=1)
    found = {"last_instruction": spans.instruction, "input": spans.input}.get(position)
    ends = spans.prompt if found is None else found[:, 1]
    return np.stack([ends - 1, ends], axis=1)
