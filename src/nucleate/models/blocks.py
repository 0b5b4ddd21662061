"""Where the blocks of a model are: the modules whose outputs are the residual stream.

What is hidden: that they are found by structure, in any causal LM of Hugging Face.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from nucleate.errors import ModelError


@dataclass(frozen=True)
class Blocks:
    """The modules along the residual stream of a model.

    Attributes:
        blocks: in order; the input of the first is `embed`, the output of the i-th is `block.i`.
        final_norm: the norm after the last block, None where the model has none.
    """

    blocks: tuple[torch.nn.Module, ...]
    final_norm: torch.nn.Module | None

    @property
    def sites(self) -> tuple[str, ...]:
        names = ["embed", *(f"block.{i}" for i in range(1, len(self.blocks) + 1))]
        return (*names, "final_norm") if self.final_norm is not None else tuple(names)


def find_blocks(model: PreTrainedModel) -> Blocks:
    """Find the blocks by structure: the one list of as many modules as the config counts layers.

    Raises:
        ModelError: there is no such list.
    """
    n_layer = model.config.get_text_config().num_hidden_layers
    for parent in model.base_model.modules():
        children = list(parent.children())
        for child in children:
            if isinstance(child, torch.nn.ModuleList) and len(child) == n_layer:
                return Blocks(tuple(child), _final_norm(parent, child))
    lists = {name: len(one) for name, one in model.named_modules() if isinstance(one, torch.nn.ModuleList)}
    found = ", ".join(f"{name} of {size}" for name, size in lists.items()) or "no list at all"
    raise ModelError(
        f"{type(model).__name__} has no list of {n_layer} blocks: looked for one torch.nn.ModuleList as long "
        f"as config.num_hidden_layers, found {found}",
        "Only models whose blocks are one list can be looked at; report the class if this one should be.",
    )


def _final_norm(parent: torch.nn.Module, blocks: torch.nn.Module) -> torch.nn.Module | None:
    """The norm that comes after the blocks, or one that is called final wherever it stands."""
    named = list(parent.named_children())
    place = next(i for i, (_, module) in enumerate(named) if module is blocks)
    norms = [(name, module) for name, module in named if "norm" in type(module).__name__.lower()]
    after = [module for name, module in named[place + 1 :] if (name, module) in norms]
    return next(iter([*after, *(module for name, module in norms if "final" in name)]), None)


def width_of(model: PreTrainedModel) -> int:
    """Values of one state."""
    return int(model.config.get_text_config().hidden_size)


def most_tokens(model: PreTrainedModel) -> int | None:
    """Tokens that the model has positions for; None where that has no end."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None)
