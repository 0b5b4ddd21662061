"""A pretrained model to go on from: a folder or a GGUF file becomes one that trains and saves like any other.

Hidden here: how the two are read, and that weights out of a quantised file are float32 from then on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from nucleate.errors import ModelError


def load_start(start: str) -> PreTrainedModel:
    """The model at `start`, in float32 and ready to be trained and saved.

    Raises:
        ModelError: there is none, or the packages that read GGUF are missing.
    """
    model = _load(AutoModelForCausalLM, start, dtype=torch.float32, use_safetensors=True)
    if getattr(model, "hf_quantizer", None) is not None:  # read from GGUF: its weights are plain tensors now
        model.hf_quantizer, model.is_quantized = None, False
        del model.config.quantization_config
    model.config.use_cache = False
    return model


def load_tokenizer(start: str) -> PreTrainedTokenizerBase:
    """The tokenizer of the model at `start`. Raises ModelError where there is none."""
    return _load(AutoTokenizer, start)


def _load(kind: Any, start: str, **options: Any) -> Any:
    path = Path(start)
    is_gguf = path.suffix == ".gguf"
    if not path.exists():
        raise ModelError(f"no such model: {path}", "Set model.start to a model's folder or GGUF file.")
    where, file = (path.parent, {"gguf_file": path.name}) if is_gguf else (path, {})
    if is_gguf:
        options.pop("use_safetensors", None)
    try:
        return kind.from_pretrained(where, local_files_only=True, **file, **options)
    except ImportError as error:
        raise ModelError(
            f"{path} needs packages that are not installed: {str(error).splitlines()[0]}",
            "Install them with: pip install 'nucleate[gguf]'",
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} does not load as a causal language model: {str(error).splitlines()[0]}",
            "Name a folder that AutoModelForCausalLM.from_pretrained loads, or a GGUF file.",
        ) from error
