"""Any saved causal LM, and where it runs.

This module hides the one door through which a model of somebody else comes in, from a folder or a GGUF
file. No code that came with it is run, no file outside its folder and no server is asked for anything, what
its headers claim is held against its files and against memory before anything is allocated, and what was
loaded is what is on disk.
"""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from nucleate.corpus.tokenizer import read_tokenizer
from nucleate.errors import ModelError, NucleateError
from nucleate.foreign_files import (
    MOST_SAID,
    ForeignFileError,
    naming,
    offline,
    read_object,
    regular_files,
)
from nucleate.models.gguf_header import read_gguf_header
from nucleate.models.headers import Shapes, claimed_tensors, require_index
from nucleate.models.proof import require_room, require_sane, require_whole, wrappers_of
from nucleate.models.series.hub import weight_files

transformers_logging.disable_progress_bar()

ADAPTER = "adapter_config.json"
"""Beside the weights that PEFT saves."""
_CHOOSES = ("transformers_weights", "fusion_config", "kernel_config", "auto_map", "distributed_config")
"""What of a configuration names files or code to load."""
_MOST_TENSORS = 10_000
"""Of a model whose weights are not at hand to be counted."""
_NOTES: WeakKeyDictionary[PreTrainedModel, tuple[str, ...]] = WeakKeyDictionary()


def load_model(path: Path, *, dtype: str = "float32", device_map: str = "") -> PreTrainedModel:
    """A saved causal LM in evaluation mode, every parameter of it proved to come from its files.

    Args:
        path: a folder with safetensors or, where it has none, `.bin` files without code; or a GGUF file.
        dtype: of the weights, by its name in torch.
        device_map: how to spread the model over devices; needs accelerate. Empty: all on the CPU.

    Raises:
        ModelError: there is none, it is not whole, or there is no memory for it.
    """
    how: dict[str, Any] = {"dtype": getattr(torch, dtype), "weights_only": True, "output_loading_info": True}
    if device_map:
        how["device_map"] = device_map
    with _explained(path, "causal language model"):
        where, claimed = _where(path), _claimed(path)
        wrapped = wrappers_of(claimed)
        if wrapped:
            how["key_mapping"] = dict.fromkeys(wrapped, "")
        config = _config_of(path, claimed)
        if not device_map:
            require_room(config, path.name if path.is_file() else "config.json", how["dtype"])
        model, found = AutoModelForCausalLM.from_pretrained(
            **where, **how, config=config, ignore_mismatched_sizes=True
        )
        unread = require_whole(model, found)
    notes = [f"names of parameters are those of {who}; they were taken without" for who in wrapped.values()]
    _NOTES[model] = (*notes, *([unread] if unread else []))
    return model.eval()


def shape_of(path: Path, n_bytes: int) -> PreTrainedModel:
    """A causal LM without weights, on torch's device `meta`: its parameters have shapes and no values.

    Args:
        path: a folder with a configuration; the weights may lie elsewhere.
        n_bytes: of the weights: no number of the configuration may ask for more.

    Raises:
        ModelError: there is none.
    """
    claimed = {str(i): (n_bytes // _MOST_TENSORS + 1,) for i in range(_MOST_TENSORS)}
    with _explained(path, "causal language model"), torch.device("meta"):
        return AutoModelForCausalLM.from_config(_config_of(path, claimed))


def notes_on(model: PreTrainedModel) -> tuple[str, ...]:
    """What is to be said aloud of how a model was loaded."""
    return _NOTES.get(model, ())


def _claimed(path: Path) -> Shapes:
    """What the files of weights say that they hold; they are files of this folder, and no adapter's."""
    if path.is_file():
        return claimed_tensors([path])
    names = {file.name for file in regular_files(path)}
    if ADAPTER in names:
        raise ForeignFileError(
            f"{ADAPTER} says that this is an adapter, which changes a model that lies elsewhere"
        )
    files = [path / name for name in weight_files(names)]
    if not files:
        raise ForeignFileError("there are neither safetensors nor .bin files of weights")
    require_index(path, files)
    return claimed_tensors(files)


def _config_of(path: Path, claimed: Shapes) -> PreTrainedConfig:
    """The configuration, without what in it chooses code, files or kernels: attention is ours to choose."""
    if path.is_dir():
        require_sane(read_object(path / "config.json"), "config.json", claimed)
    else:
        require_sane(read_gguf_header(path).numbers, path.name, claimed)
    with naming(path.name if path.is_file() else "config.json"):
        config = AutoConfig.from_pretrained(**_where(path))
    config._attn_implementation = None
    config._experts_implementation = None
    for name in _CHOOSES:
        if hasattr(config, name):
            delattr(config, name)
    return config


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
        return AutoTokenizer.from_pretrained(**_where(path)) if path.is_file() else read_tokenizer(path)


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
        device = torch.device(name)
        if (torch.ones(2, device=device) @ torch.ones(2, device=device)).item() == 2:  # meta computes nothing
            return device
        line = "it computes wrongly"
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        line = next(iter(str(error).splitlines()), type(error).__name__)
    raise ModelError(f"no device {name!r}: {line}", "Use cpu, cuda, mps or auto.")


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
    """Whatever a foreign file makes a library raise is told in one line; no server is asked within."""
    try:
        with offline():
            yield
    except NucleateError:
        raise
    except Exception as error:  # a file that is wrong can make a library raise anything
        line = " ".join(str(error).split())[:MOST_SAID] or type(error).__name__
        raise ModelError(
            f"{path} does not load as a {what}: {line}",
            "Name a folder that AutoModelForCausalLM.from_pretrained loads, or a GGUF file.",
        ) from error
