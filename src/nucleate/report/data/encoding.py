"""Data inside a page: numbers as one compressed block, texts that cannot leave their element.

This module hides what makes a text harmless. A label is data that anybody may have written; on the page it
is shown, never obeyed. Characters that hide themselves or turn the text around them are named instead. And
how numbers are made small: the first bytes of all values of an array, then the second ones, and all arrays
compressed together, since most columns of a table say the same over and over.
"""

from __future__ import annotations

import base64
import json
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

LONGEST_TEXT = 400
"""Characters of a label or prompt that the page keeps; the corpus has the rest."""
_NAMES = {"f4": "Float32", "u1": "Uint8", "u2": "Uint16", "u4": "Uint32", "i4": "Int32"}


@dataclass(frozen=True, eq=False)
class TypedArray:
    """Values of a page's document that are numbers, under the name that JavaScript has for their type."""

    values: np.ndarray

    @property
    def type(self) -> str:
        return _NAMES[self.values.dtype.str[1:]]

    def planes(self) -> bytes:
        """The first byte of every little-endian value, then the second of every one."""
        flat = np.ascontiguousarray(self.values).ravel()
        little = flat.astype(flat.dtype.newbyteorder("<"))
        return little.view(np.uint8).reshape(-1, flat.dtype.itemsize).T.tobytes()


def smallest_unsigned(values: np.ndarray) -> np.ndarray:
    """`values`, none negative, in the smallest type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def visible(text: str) -> str:
    """`text`, cut, with control and formatting characters such as right-to-left overrides named."""
    cut = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    return "".join(_named(character) for character in cut)


def _named(character: str) -> str:
    if character in "\n\t":
        return " "
    hides = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return f"⟨U+{ord(character):04X}⟩" if hides else character


def page_json(document: Any) -> tuple[str, str]:
    """A document with typed arrays as what two elements of a page hold.

    Returns:
        The document as `script_json`, in which an array is its `type`, its place `at` in the block and its
        number of values `n`; and the block: planes of all arrays, one after the other, compressed (zlib), in
        base64.
    """
    block: list[bytes] = []
    place = 0

    def placed(array: TypedArray) -> dict[str, Any]:
        nonlocal place
        block.append(array.planes())
        place += len(block[-1])
        return {"type": array.type, "at": place - len(block[-1]), "n": array.values.size}

    text = _script_json(document, placed)
    return text, base64.b64encode(zlib.compress(b"".join(block), 6)).decode()


def script_json(document: Any) -> str:
    """JSON for within `<script type="application/json">`: no `<`, so that it can end no element."""
    return _script_json(document, None)


def _script_json(document: Any, default: Any) -> str:
    text = json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=default
    )
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
