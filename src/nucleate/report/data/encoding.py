"""Data inside a page: typed arrays as base64, texts that cannot leave their element.

Hidden here: what makes a text harmless. A label is data that anybody may have written; on the page it is
shown, never obeyed. Characters that hide themselves or turn the text around them are named instead.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from typing import Any

import numpy as np

LONGEST_TEXT = 400
"""Characters of a label or prompt that the page keeps; the corpus has the rest."""


def typed_array(values: np.ndarray) -> dict[str, str]:
    """Little-endian values under the name that JavaScript has for their type."""
    names = {"f4": "Float32", "u1": "Uint8", "u2": "Uint16", "u4": "Uint32", "i4": "Int32"}
    array = np.ascontiguousarray(values)
    array = array.astype(array.dtype.newbyteorder("<"))
    return {"type": names[array.dtype.str[1:]], "base64": base64.b64encode(array.tobytes()).decode()}


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


def script_json(document: Any) -> str:
    """JSON for within `<script type="application/json">`: no `<`, so that it can end no element."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
