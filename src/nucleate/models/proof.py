"""That a model is the one on disk, and that there is room for it.

This module hides what Hugging Face does in silence. A parameter that no file has is drawn at random, a
configuration with fewer layers than the weights loads as a smaller model, and a configuration with a
billion layers is begun. Before anything is allocated, sizes in `config.json` are held against the weights,
and the parameters against memory; after loading, every parameter must have come from a file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

from nucleate.errors import ModelError
from nucleate.foreign_files import ForeignFileError, naming
from nucleate.models.headers import Shapes

_LENGTHS = re.compile(r"position|ctx|context|length|window|seq|chunk|theta|factor|_id$|_ids?$|base|version")
"""Numbers of a configuration that are no sizes of weights."""
_COUNTS = re.compile(r"layers?($|_)|n_layer|blocks?$|experts?$|block_count|expert_count")
"""Numbers of a configuration that say how many modules are made, one after the other."""
_LAYERS = re.compile(r"^(num_hidden_layers|n_layers?|num_layers|block_count)$")
"""Every layer has a tensor of its own."""
_NEVER_NEGATIVE = re.compile(r"^(n|num|hidden|vocab|intermediate|d)_")
_FEW = 1000
"""So many modules are made in seconds; a lie about fewer is told by what is missing."""
_LARGEST = 2**40
_WRAPPERS = {
    "_orig_mod.": (r"_orig_mod\.", "torch.compile"),
    "module.": (r"^module\.", "DistributedDataParallel"),
}
"""What wrapped a model when it was saved: put before the names of its parameters."""
_BUFFERS = re.compile(r"(inv_freq|masked_bias|attn\.bias|attention\.bias|rotary_emb\..*)$")
"""Constants that older versions saved beside parameters."""


def require_sane(values: Mapping[str, Any], file: str, claimed: Shapes) -> None:
    """No number of a configuration asks for more than the weights hold, or for less than nothing.

    Args:
        values: of the configuration.
        file: what it stands in.
        claimed: what the weights hold.

    Raises:
        ForeignFileError: one does.
    """
    if not isinstance(values.get("model_type") or "", str):
        raise ForeignFileError(f"{file}: model_type: is {type(values['model_type']).__name__}, not a text")
    n_values, n_tensors = sum(math.prod(shape) for shape in claimed.values()), len(claimed)
    for key, value in _numbers(values):
        name = key.rsplit(".", 1)[-1]
        is_size = not _LENGTHS.search(name)
        if abs(value) > _LARGEST or (is_size and value > max(n_values, 2**20)):
            raise ForeignFileError(f"{file}: {key}: is {value}, and the weights hold {n_values:,} values")
        if value < 0 and _NEVER_NEGATIVE.search(name):
            raise ForeignFileError(f"{file}: {key}: is {value}, which is no size")
        is_count = is_size and _COUNTS.search(name)
        if value > n_tensors and (_LAYERS.search(name) or (is_count and value > _FEW)):
            raise ForeignFileError(f"{file}: {key}: is {value}, and the weights are {n_tensors} tensors")


def _numbers(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, int]]:
    for key, value in values.items():
        if isinstance(value, dict) and key not in ("id2label", "label2id", "task_specific_params"):
            yield from _numbers(value, f"{prefix}{key}.")
        elif isinstance(value, int) and not isinstance(value, bool):
            yield f"{prefix}{key}", value


def require_room(config: PreTrainedConfig, file: str, dtype: torch.dtype) -> None:
    """There is memory for every parameter and buffer, before any is made; `file` holds the configuration.

    Raises:
        ModelError: there is not.
    """
    free = free_memory()
    with naming(file), torch.device("meta"):
        shell = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    held = [*shell.parameters(), *shell.buffers()]
    needed = sum(
        one.numel() * (dtype.itemsize if one.is_floating_point() else one.element_size()) for one in held
    )
    if free is not None and needed > free:
        raise ModelError(
            f"the model takes {needed / 1e9:,.1f} GB as {str(dtype).removeprefix('torch.')}, and "
            f"{free / 1e9:,.1f} GB of memory are free",
            "Load it as --set model.dtype=bfloat16, spread it with model.device_map=auto, or look at "
            "config.json.",
        )


def free_memory() -> int | None:
    """Bytes that this process may still take; None where the system does not tell."""
    found = []
    meminfo, limit = Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max")
    if meminfo.exists():
        lines = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines())
        if "MemAvailable" in lines:
            found.append(int(lines["MemAvailable"].split()[0]) * 1024)
    if limit.exists() and (most := limit.read_text(encoding="ascii").strip()).isdigit():
        found.append(int(most) - int(limit.with_name("memory.current").read_text(encoding="ascii")))
    return min(found, default=None)


def wrappers_of(claimed: Shapes) -> dict[str, str]:
    """What was put before the names of parameters: its pattern -> who put it there."""
    return {
        pattern: who
        for mark, (pattern, who) in _WRAPPERS.items()
        if any(re.search(pattern, name) for name in claimed if mark in name)
    }


def require_whole(model: PreTrainedModel, found: Mapping[str, Any]) -> str:
    """Every parameter came from a file, and the files hold no part of the model that was left out.

    Args:
        model: as it was loaded.
        found: what `from_pretrained` says of it with `output_loading_info`.

    Returns:
        What was left unread, in words; empty where nothing was.

    Raises:
        ForeignFileError: a parameter is missing or has another shape, or a block was left out.
    """
    for name, in_file, in_model in found["mismatched_keys"]:
        raise ForeignFileError(f"{name} is {tuple(in_file)} in the file and {tuple(in_model)} by config.json")
    if found["missing_keys"]:
        raise ForeignFileError(
            f"the weights lack {_some(found['missing_keys'])}, of {len(list(model.parameters()))} parameters "
            "by config.json; they would be random numbers"
        )
    unread = sorted(found["unexpected_keys"])
    lists = {name for name, one in model.named_modules() if isinstance(one, torch.nn.ModuleList)}
    left_out = [name for name in unread if any(_is_in_list(name, one) for one in lists)]
    if left_out:
        raise ForeignFileError(f"the weights hold {_some(left_out)}, which config.json leaves out")
    return f"{_some(unread)} of the file is no part of the model and was not read" if unread else ""


def _is_in_list(name: str, modules: str) -> bool:
    """Whether a parameter belongs to a list of blocks, by its full name or by the name within the body."""
    own = (modules, modules.split(".", 1)[-1])
    return any(re.match(rf"{re.escape(one)}\.\d+\.", name) for one in own) and not _BUFFERS.search(name)


def _some(names: Any) -> str:
    first, *others = sorted(names)
    return f"{first} and {len(others)} more" if others else first
