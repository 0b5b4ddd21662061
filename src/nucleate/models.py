"""Models: GPT-2 from settings, any saved causal LM, and where its blocks are.

What is hidden: how a Hugging Face model is made quietly and reproducibly, from a folder or a GGUF file and
never by running code that came with it, and how the modules whose outputs are the residual stream are found
in it. No model code of our own.
"""

from __future__ import annotations

import copy
import importlib.util
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import Field, model_validator
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
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

    @property
    def name(self) -> str:
        """As it stands in tables."""
        return Path(self.start).stem or f"gpt2-{self.n_layer}x{self.n_embd}"

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


def load_model(path: Path, *, dtype: str = "float32", device_map: str = "") -> PreTrainedModel:
    """A saved causal LM in evaluation mode.

    Args:
        path: a folder with safetensors or, where it has none, `.bin` files without code; or a GGUF file.
        dtype: of the weights, by its name in torch.
        device_map: how to spread the model over devices; needs accelerate. Empty: all on the CPU.

    Raises:
        ModelError: there is none.
    """
    how: dict[str, Any] = {"dtype": getattr(torch, dtype), "weights_only": True}
    if device_map:
        how["device_map"] = device_map
    with _explained(path, "causal language model"):
        return AutoModelForCausalLM.from_pretrained(**_where(path), **how).eval()


def load_start(path: Path) -> PreTrainedModel:
    """A pretrained model in float32 that trains and saves like any other, from a quantised file too.

    Raises:
        ModelError: there is none.
    """
    model = load_model(path)
    if getattr(model, "hf_quantizer", None) is not None:  # of GGUF; its weights are plain tensors by now
        model.hf_quantizer, model.is_quantized = None, False
        del model.config.quantization_config
    return model


def load_tokenizer(path: Path) -> PreTrainedTokenizerBase:
    """The tokenizer that lies beside a model. Raises ModelError where there is none."""
    with _explained(path, "tokenizer"):
        return AutoTokenizer.from_pretrained(**_where(path))


def untrained_like(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """A model of the same shape, precision and place with weights that were never trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        twin = type(model)(copy.deepcopy(model.config))
    return twin.to(dtype=model.dtype, device=model.device).eval()


def _where(path: Path) -> dict[str, Any]:
    """How a folder or a GGUF file is named to `from_pretrained`."""
    common = {"local_files_only": True, "trust_remote_code": False}
    if path.suffix != ".gguf":
        return {"pretrained_model_name_or_path": path, **common}
    if importlib.util.find_spec("gguf") is None:
        raise ModelError(f"reading {path.name} needs the package gguf", "pip install 'nucleate[gguf]'")
    return {"pretrained_model_name_or_path": path.parent, "gguf_file": path.name, **common}


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, ImportError, SafetensorError, pickle.UnpicklingError) as error:
        line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(
            f"{path} does not load as a {what}: {line}",
            "Name a folder that AutoModelForCausalLM.from_pretrained loads, or a GGUF file.",
        ) from error


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
