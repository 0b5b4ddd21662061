"""What files of weights say that they hold, read without loading any of it.

This module hides the three forms that weights come in, and that each may lie: about how long its header is,
how many tensors follow, how large they are. Everything a header claims is held against the size of its file
before a library that believes it is asked to load.
"""

from __future__ import annotations

import math
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import safe_open

from nucleate.foreign_files import ForeignFileError, naming, read_object, require_own
from nucleate.models.gguf_header import read_gguf_header

Shapes = Mapping[str, tuple[int, ...]]
"""Tensor -> its shape."""


def claimed_tensors(files: list[Path]) -> Shapes:
    """Every tensor that these files of weights hold, as their headers say.

    Raises:
        ForeignFileError: a header does not hold with its file.
    """
    found: dict[str, tuple[int, ...]] = {}
    for file in files:
        with naming(file.name):
            found |= dict(_tensors_in(file))
    return found


def require_index(folder: Path, files: list[Path]) -> None:
    """An index of shards names files of its own folder, and those that are there.

    Raises:
        ForeignFileError: it does not.
    """
    names = {file.name for file in files}
    for index in sorted(folder.glob("*.index.json")):
        require_own(index, folder)
        shards = read_object(index).get("weight_map")
        if not isinstance(shards, dict) or not all(isinstance(one, str) for one in shards.values()):
            raise ForeignFileError(f"{index.name}: weight_map is no table of names")
        strange = sorted({shard for shard in shards.values() if shard not in names})
        if strange and index.name.split(".")[0] in {name.split("-")[0].split(".")[0] for name in names}:
            raise ForeignFileError(
                f"{index.name} names {strange[0]!r}, which is no file of weights beside it"
            )


def _tensors_in(file: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    if file.suffix == ".gguf":
        yield from read_gguf_header(file).tensors.items()
    elif file.suffix == ".safetensors":
        with safe_open(file, "pt") as opened:  # which holds the header against the file
            for name in opened.keys():  # noqa: SIM118 - it is no dictionary
                yield name, tuple(opened.get_slice(name).get_shape())
    else:
        yield from _pickled(file)


def _pickled(file: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Mapped into memory where the form allows, and in any case without running what is pickled."""
    if tarfile.is_tarfile(file):  # torch would unpack it among temporary files
        raise ForeignFileError("it is a tar archive, a form that torch left in 2018; save the model again")
    held = torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    if not isinstance(held, dict):
        raise ForeignFileError(f"it holds {type(held).__name__}, not a table of tensors")
    for name, tensor in held.items():
        if not isinstance(tensor, torch.Tensor) or not isinstance(name, str):
            raise ForeignFileError(f"{str(name)[:80]} is {type(tensor).__name__}, not a tensor")
        if math.prod(tensor.shape) * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise ForeignFileError(f"{name} claims {tuple(tensor.shape)}, more than the file holds")
        yield name, tuple(tensor.shape)
