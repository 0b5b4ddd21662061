"""Sites: the residual stream is read with hooks where it is, never from `hidden_states`.

The last of Hugging Face's `hidden_states` is taken after the final norm in GPT-2 and many others, so
it is not the last block's output. A hook on each block has no such surprise, and can reduce
the states to the positions asked for before they leave the forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from nucleate.models.blocks import Blocks

Reader = Callable[[str, Any], None]


@contextmanager
def read_sites(blocks: Blocks, reader: Reader) -> Iterator[None]:
    """Within, every forward pass hands `(site, states [row, token, n_embd])` to `reader`, in order."""

    def read_input(_module: torch.nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        reader("embed", arguments[0] if arguments else named["hidden_states"])

    def read_output(site: str) -> Callable[..., None]:
        def hook(_module: torch.nn.Module, _arguments: tuple[Any, ...], output: Any) -> None:
            reader(site, output[0] if isinstance(output, (tuple, list)) else output)

        return hook

    handles = [blocks.blocks[0].register_forward_pre_hook(read_input, with_kwargs=True)]
    handles += [
        block.register_forward_hook(read_output(f"block.{i}")) for i, block in enumerate(blocks.blocks, 1)
    ]
    if blocks.final_norm is not None:
        handles.append(blocks.final_norm.register_forward_hook(read_output("final_norm")))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
