"""Models: GPT-2 from settings, any saved causal LM, and where its blocks are.

What is hidden: how a Hugging Face model is made quietly and reproducibly, and how the modules whose
outputs are the residual stream are found in it. No model code of our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import Field, model_validator
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, PreTrainedModel
from transformers.utils import logging as transformers_logging

from nucleate.config import Settings
from nucleate.errors import ModelError

transformers_logging.disable_progress_bar()


class ModelSettings(Settings):
    """A GPT-2, by Hugging Face's names. `n_positions` and the vocabulary come from the corpus.

    Attributes:
        start: folder or GGUF file of a pretrained model to train on; then no other setting is used.
    """

    start: str = ""
    n_layer: int = Field(6, ge=1)
    n_head: int = Field(4, ge=1)
    n_embd: int = Field(128, ge=1)
    embd_pdrop: float = Field(0.0, ge=0, lt=1)
    attn_pdrop: float = Field(0.0, ge=0, lt=1)
    resid_pdrop: float = Field(0.0, ge=0, lt=1)
    tie_word_embeddings: bool = True

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> ModelSettings:
        if self.n_embd % self.n_head:
            raise ValueError(f"model.n_embd={self.n_embd} is not a multiple of model.n_head={self.n_head}")
        return self


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


def build_model(settings: ModelSettings, *, vocab_size: int, n_positions: int, seed: int) -> GPT2LMHeadModel:
    """An untrained GPT-2 in float32 on the CPU: a pure function of the arguments."""
    config = GPT2Config(
        **settings.model_dump(exclude={"start"}),
        vocab_size=vocab_size,
        n_positions=n_positions,
        activation_function="gelu_pytorch_tanh",  # GPT-2's own function in one kernel, not a chain of eight
        bos_token_id=None,
        eos_token_id=None,
        use_cache=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GPT2LMHeadModel(config)


def load_model(path: Path) -> PreTrainedModel:
    """A saved causal LM in evaluation mode, its weights from safetensors.

    Raises:
        ModelError: the folder does not hold one.
    """
    try:
        return AutoModelForCausalLM.from_pretrained(path, use_safetensors=True, local_files_only=True).eval()
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} does not load as a causal language model: {str(error).splitlines()[0]}",
            "Name a folder that AutoModelForCausalLM.from_pretrained loads.",
        ) from error


def find_blocks(model: PreTrainedModel) -> Blocks:
    """Find the blocks by structure: the one list of as many modules as the config counts layers.

    Raises:
        ModelError: there is no such list.
    """
    n_layer = model.config.num_hidden_layers
    for parent in model.base_model.modules():
        children = list(parent.children())
        for i, child in enumerate(children):
            if isinstance(child, torch.nn.ModuleList) and len(child) == n_layer:
                norms = [module for module in children[i + 1 :] if "norm" in type(module).__name__.lower()]
                return Blocks(tuple(child), norms[0] if norms else None)
    raise ModelError(
        f"{type(model).__name__} has no list of {n_layer} blocks",
        "Its blocks must be one torch.nn.ModuleList as long as config.num_hidden_layers.",
    )


def width_of(model: PreTrainedModel) -> int:
    """Values of one state."""
    return int(model.config.get_text_config().hidden_size)


def most_tokens(model: PreTrainedModel) -> int | None:
    """Tokens that the model has positions for; None where that has no end."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None)


def pick_device(name: str) -> torch.device:
    """`auto` is CUDA where there is one, else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"no device {name!r}: {str(error).splitlines()[0]}", "Use cpu, cuda or auto."
        ) from error
