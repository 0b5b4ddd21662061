"""Where the blocks of a model are: the modules whose outputs are the residual stream.

This module hides that they are found by structure, in the text decoder of any causal LM of Hugging Face.
What is found is a guess until `capture.self_test` has held it against the model's own hidden states.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from nucleate.errors import ModelError

_MOST_TOKENS = ("max_position_embeddings", "max_target_positions", "max_seq_len")
"""What configurations call the number of positions."""


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
    n_layer = model.config.get_text_config(decoder=True).num_hidden_layers
    for parent in _text_first(model):
        for child in parent.children():
            if isinstance(child, torch.nn.ModuleList) and len(child) == n_layer:
                return Blocks(tuple(child), _final_norm(parent, child))
    lists = {name: len(one) for name, one in model.named_modules() if isinstance(one, torch.nn.ModuleList)}
    found = ", ".join(f"{name} of {size}" for name, size in lists.items()) or "no list at all"
    raise ModelError(
        f"{type(model).__name__} has no list of {n_layer} blocks: looked for one torch.nn.ModuleList as long "
        f"as config.num_hidden_layers, found {found}",
        "Only models whose blocks are one list can be looked at; report the class if this one should be.",
    )


def _text_first(model: PreTrainedModel) -> Iterator[torch.nn.Module]:
    """Modules of the decoder of text before those of any tower for images or sound."""
    decoder = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
    yield from decoder.modules()
    yield from model.modules()


@torch.no_grad()
def body_of(model: PreTrainedModel) -> torch.nn.Module:
    """What gives the states that the head is put on: the model but for its head.

    It is the outermost module that a forward pass of one token calls and that gives `last_hidden_state`:
    BART's is not its `base_model`.

    Raises:
        ModelError: there is none.
    """
    called: list[torch.nn.Module] = []

    def note(module: torch.nn.Module, _arguments: Any, output: Any) -> None:
        if hasattr(output, "last_hidden_state"):
            called.append(module)

    with ExitStack() as stack:
        for module in model.modules():
            if module is not model:
                stack.callback(module.register_forward_hook(note).remove)
        model(torch.zeros(1, 1, dtype=torch.long, device=model.device), use_cache=False)
    if not called:
        raise ModelError(
            f"no part of {type(model).__name__} gives states that a head is put on",
            "Report the class of the model if this one should be looked at.",
        )
    return called[-1]


def _final_norm(parent: torch.nn.Module, blocks: torch.nn.Module) -> torch.nn.Module | None:
    """The norm that comes last after the blocks, or one that is called final wherever it stands."""
    named = list(parent.named_children())
    place = next(i for i, (_, module) in enumerate(named) if module is blocks)
    norms = [
        (name, module)
        for name, module in named
        if "norm" in type(module).__name__.lower() and "emb" not in name  # BART's norm of the embeddings
    ]
    after = [module for name, module in named[place + 1 :] if (name, module) in norms]
    return next(iter([*after[::-1], *(module for name, module in norms if "final" in name)]), None)


def width_of(model: PreTrainedModel) -> int:
    """Values of one state."""
    return int(model.config.get_text_config(decoder=True).hidden_size)


def most_tokens(model: PreTrainedModel) -> int | None:
    """Tokens that the model has positions for; None where that has no end."""
    config = model.config.get_text_config(decoder=True)
    told = [getattr(config, name, None) for name in _MOST_TOKENS]
    return next((one for one in told if isinstance(one, int) and one > 0), None)


def most_symbols(model: PreTrainedModel) -> int:
    """Tokens that the model has embeddings for."""
    return int(model.get_input_embeddings().weight.shape[0])


def depends_on_length(model: PreTrainedModel) -> bool:
    """Whether a state depends on how long the text is that it stands in: rotary scales chosen by length."""
    config = model.config.get_text_config(decoder=True)
    scaling = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    kinds = [scaling, *(one for one in scaling.values() if isinstance(one, dict))]
    return any(one.get("rope_type", one.get("type")) in ("longrope", "dynamic") for one in kinds)


@contextmanager
def giving(module: torch.nn.Module, output: Any) -> Iterator[None]:
    """Within, `module` does no work and gives `output`."""
    before = module.__dict__.get("forward")  # accelerate puts one of its own there
    module.__dict__["forward"] = lambda *_arguments, **_named: output
    try:
        yield
    finally:
        del module.__dict__["forward"]
        if before is not None:
            module.__dict__["forward"] = before
