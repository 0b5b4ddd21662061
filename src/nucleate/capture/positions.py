"""Which token's state: every position as weights over the tokens of an instance.

A single token is a weight of one, a mean is equal weights, so that the capture treats all positions
alike and keeps nothing else.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int

from nucleate.errors import ConfigError

POSITIONS = ("last_instruction", "input", "instruction_mean")


def position_weights(
    positions: tuple[str, ...],
    instruction_lengths: Int[torch.Tensor, " example"],
    prompt_lengths: Int[torch.Tensor, " example"],
    n_tokens: int,
) -> Float[torch.Tensor, "example position token"]:
    """Weights whose product with the states of all tokens is the state at each position.

    Args:
        positions: names of `POSITIONS`.
        instruction_lengths: tokens of I.
        prompt_lengths: tokens of I and x; the last of them is the position `input`.
        n_tokens: tokens of the padded batch; padding lies on the right.
    """
    column = torch.arange(n_tokens, device=instruction_lengths.device)[None, :]
    instruction, prompt = instruction_lengths[:, None], prompt_lengths[:, None]
    weights = {
        "last_instruction": (column == instruction - 1).float(),
        "input": (column == prompt - 1).float(),
        "instruction_mean": (column < instruction) / instruction,
    }
    unknown = [name for name in positions if name not in weights]
    if unknown:
        raise ConfigError(f"no position {unknown[0]!r}", f"Positions: {', '.join(POSITIONS)}")
    return torch.stack([weights[name] for name in positions], dim=1)
