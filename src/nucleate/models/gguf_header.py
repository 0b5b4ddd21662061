"""The header of a GGUF file, walked within the bounds of the file.

This module hides the form of version 2 and 3 (little-endian): counts, then keys with values, then tensors.
Its counts and lengths are believed by every reader, so one flipped bit asks for years or terabytes; here
none of them may lead beyond the end of the file. Source: the GGUF specification of ggml.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nucleate.foreign_files import ForeignFileError

_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value, by the number of its type."""
_WHOLE = (4, 5, 10, 11)
_STRING, _LIST = 8, 9
_MOST_DIMENSIONS, _DEEPEST = 4, 4


@dataclass(frozen=True)
class GGUFHeader:
    """What a GGUF file says of itself.

    Attributes:
        tensors: name -> shape, in torch's order.
        numbers: key -> whole number, of the keys that have one.
    """

    tensors: dict[str, tuple[int, ...]]
    numbers: dict[str, int]


def read_gguf_header(file: Path) -> GGUFHeader:
    """The header of a GGUF file.

    Raises:
        ForeignFileError: it does not hold with the file.
    """
    with file.open("rb") as opened:
        return _Reader(opened, file.stat().st_size).header()


class _Reader:
    def __init__(self, opened: BinaryIO, size: int) -> None:
        self.opened, self.size = opened, size

    def header(self) -> GGUFHeader:
        if self._take(4, "its magic") != b"GGUF":
            raise ForeignFileError("it does not begin as a GGUF file does")
        version = self._number(4, "its version")
        if version not in (2, 3):
            raise ForeignFileError(f"version {version} is neither 2 nor 3")
        n_tensors, n_keys = self._count(24, "the number of tensors"), self._count(13, "the number of keys")
        numbers = dict(self._numbers(n_keys))
        return GGUFHeader(dict(self._tensors(n_tensors)), numbers)

    def _numbers(self, n_keys: int) -> Iterator[tuple[str, int]]:
        for _ in range(n_keys):
            key = self._text("a key")
            kind = self._number(4, f"the type of {key}")
            if kind in _WHOLE:
                yield key, self._number(_SIZES[kind], key)
            else:
                self._skip(kind, key)

    def _tensors(self, n_tensors: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        for _ in range(n_tensors):
            name = self._text("the name of a tensor")
            n = self._number(4, f"the dimensions of {name}")
            if not n <= _MOST_DIMENSIONS:
                raise ForeignFileError(f"{name} has {n} dimensions")
            shape = [self._number(8, f"the shape of {name}") for _ in range(n)]
            self._number(4, f"the type of {name}")
            if self._number(8, f"the place of {name}") > self.size:
                raise ForeignFileError(f"{name} lies beyond the end of the file")
            yield name, tuple(reversed(shape))

    def _skip(self, kind: int, key: str, depth: int = 0) -> None:
        """Go past a value."""
        if kind in _SIZES:
            self._pass(_SIZES[kind], key)
        elif kind == _STRING:
            self._pass(self._count(1, key), key)
        elif kind == _LIST and depth < _DEEPEST:
            inner = self._number(4, key)
            count = self._count(_SIZES.get(inner, 8), key)
            if inner in _SIZES:
                self._pass(count * _SIZES[inner], key)
            else:
                for _ in range(count):
                    self._skip(inner, key, depth + 1)
        else:
            raise ForeignFileError(f"{key} has a value of unknown type {kind}")

    def _count(self, least: int, what: str) -> int:
        """A number of things of at least so many bytes each: no more than the rest of the file can hold."""
        count = self._number(8, what)
        if count * least > self.size - self.opened.tell():
            raise ForeignFileError(f"{what} is {count}, more than the file holds")
        return count

    def _text(self, what: str) -> str:
        return self._take(self._count(1, what), what).decode("utf-8", "replace")

    def _number(self, n_bytes: int, what: str) -> int:
        return int.from_bytes(self._take(n_bytes, what), "little")

    def _take(self, n_bytes: int, what: str) -> bytes:
        found = self.opened.read(n_bytes)
        if len(found) < n_bytes:
            raise ForeignFileError(f"it ends within {what}")
        return found

    def _pass(self, n_bytes: int, what: str) -> None:
        if self.opened.tell() + n_bytes > self.size:
            raise ForeignFileError(f"it ends within {what}")
        self.opened.seek(n_bytes, 1)
