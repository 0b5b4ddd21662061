"""Terms of the page: the first time that a text says one, it has its definition at hand.

This module hides which words are underlined. Few are: where every second word is, none is.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from nucleate.display_names import CONTROLS, METHODS, METRICS, POSITIONS
from nucleate.glossary import definition

_KNOWN = (
    *("ari_across", "ari", "last_instruction", "instruction_mean", "bag_of_tokens", "untrained", "ngrams"),
    *("shuffled_labels", "dialect_oracle", "size_matched", "confidence"),
)
"""Names of the tables that the page says in other words."""
_PLAIN = {
    "strongest control": "control",
    "held-out": "validation",
    "validation": "validation",
    "95 %": "interval",
    "task accuracy": "accuracy",
    "final norm": "final_norm",
    "inconclusive": "inconclusive",
    "not measured": "not measured",
    "centroid": "centroid",
    "dialects": "dialect",
    "excess": "excess",
    "redundant": "redundant",
}
"""Words of the page and the terms that they are."""


def terms() -> dict[str, str]:
    """Words that the page explains, each with its definition; the longest come first."""
    said = {name: name for name in _KNOWN}
    for words in (METRICS, CONTROLS, POSITIONS, METHODS):
        said |= {name: words[name] for name in _KNOWN if name in words}
    found = {words: name for name, words in said.items()} | _PLAIN
    by_length = sorted(found, key=len, reverse=True)
    return {words: text for words in by_length if (text := _plain(found[words]))}


def _plain(term: str) -> str:
    return (definition(term) or "").replace("`", "").replace("bag_of_tokens", "bag of tokens")


def explained(text: str) -> Markup:
    """The text, escaped, with the first place of each term as a button that shows its definition."""
    known, seen = terms(), set()
    parts = re.split(f"({'|'.join(map(re.escape, known))})", str(text))
    made = []
    for index, part in enumerate(parts):
        is_first = index % 2 == 1 and part not in seen and _is_whole(parts, index)
        seen.update([part] if is_first else [])
        made.append(_button(part, known[part]) if is_first else escape(part))
    return Markup("").join(made)


def _is_whole(parts: list[str], index: int) -> bool:
    """Whether a term stands between words, and is no part of one."""
    return not re.search(r"[\w/-]$", parts[index - 1]) and not re.match(r"\w", parts[index + 1])


def _button(words: str, meaning: str) -> Markup:
    made = '<span role="button" tabindex="0" class="term" data-means="{0}" aria-description="{0}">{1}</span>'
    return Markup(made).format(meaning, words)
