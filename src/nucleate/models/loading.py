"""Any saved causal LM, and where it runs.

What is hidden: how a Hugging Face model is loaded quietly, from a folder or a GGUF file and never by running
code that came with it.
"""

from __future__ import annotations

import copy
import importlib.util
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from nucleate.errors import ModelError

transformers_logging.disable_progress_bar()


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
    """A pretrained model in float32 that trains and saves like any other, from a quantized file too.

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


def pick_device(name: str) -> torch.device:
    """`auto` is CUDA where there is one, else Apple's MPS, else the CPU."""
    if name == "auto":
        found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        return torch.device(next(kind for kind, there in found.items() if there))
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"no device {name!r}: {str(error).splitlines()[0]}", "Use cpu, cuda, mps or auto."
        ) from error


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
