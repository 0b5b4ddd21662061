"""Which checkpoints share single tensors.

This module hides how tensors are told apart without loading a model. Of safetensors the bytes are read as
they lie in the file, one tensor at a time; `.bin` files are opened with `weights_only`, so none of their
code is run. A tensor of one value throughout (biases before training, norms' weights) is the same in every
model and says nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from nucleate.errors import ModelError

Digests = Mapping[str, str]
"""Tensor -> digest of its values."""


@dataclass(frozen=True)
class SharedTensors:
    """What one checkpoint has in common with one that was named before it.

    Attributes:
        tensors: their names.
        n_tensors: how many the checkpoint has that are not of one value throughout.
    """

    revision: str
    of: str
    tensors: tuple[str, ...]
    n_tensors: int


def tensor_digests(files: Iterable[Path]) -> dict[str, str]:
    """Digests of all tensors in a checkpoint's files but those of one value throughout.

    Raises:
        ModelError: a file is neither safetensors nor `.bin`.
    """
    found: dict[str, str] = {}
    for file in files:
        for name, values in _tensors_of(file):
            if not (values == values[0]).all():
                found[name] = hashlib.sha256(values.tobytes()).hexdigest()
    return found


def compare_tensors(checkpoints: Mapping[str, Digests]) -> list[SharedTensors]:
    """For every checkpoint the tensors of the same name and values in one that was named before.

    Those that all checkpoints share come too: they were frozen, or are no weights, or are copies.
    """
    owners: dict[tuple[str, str], str] = {}
    shared = []
    for revision, digests in checkpoints.items():
        by_owner: dict[str, list[str]] = {}
        for tensor in digests.items():
            owner = owners.setdefault(tensor, revision)
            if owner != revision:
                by_owner.setdefault(owner, []).append(tensor[0])
        shared += [SharedTensors(revision, of, tuple(names), len(digests)) for of, names in by_owner.items()]
    return shared


def _tensors_of(file: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and values, each value as its bytes in a row of an array; empty tensors are left out."""
    if file.suffix == ".safetensors":
        yield from _safetensors(file)
    elif file.suffix == ".bin":
        for name, tensor in torch.load(file, map_location="cpu", weights_only=True, mmap=True).items():
            if tensor.numel():
                values = tensor.contiguous().view(-1).view(torch.uint8).numpy()
                yield name, values.reshape(tensor.numel(), -1)
    else:
        raise ModelError(f"{file} is not compared tensor by tensor", "Name safetensors or .bin files.")


def _safetensors(file: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Source: the format's own description: eight bytes of length, a header in JSON, the bytes."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(length))
    header.pop("__metadata__", None)
    content = np.memmap(file, dtype=np.uint8, mode="r", offset=8 + length)
    for name, about in header.items():
        begin, end = about["data_offsets"]
        if end > begin:
            yield name, content[begin:end].reshape(int(np.prod(about["shape"])), -1)
