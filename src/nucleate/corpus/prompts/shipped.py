"""Prompts in natural language that come with the program, by name instead of a file.

This module hides that they are drawn from the frozen tables, in so many tasks and phrasings that a model of
a billion weights reads them in minutes, and that whoever draws them gets the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nucleate.corpus.prompts.facts import draw_prompts, prompts_text
from nucleate.corpus.prompts.settings import FactSettings

_SEED = 1
SHIPPED: Mapping[str, FactSettings] = MappingProxyType(
    {
        "everyday": FactSettings(
            topics=("animals", "countries"), n_inputs=12, most_prominent=16, n_phrasings=9
        ),
        "facts": FactSettings(n_inputs=12, n_phrasings=9),
    }
)
"""`everyday`: animals (plural, young, sound, three languages) and countries; `facts`: four frozen tables."""


def shipped_text(name: str) -> str:
    """The prompts of a name in `SHIPPED` as JSONL: the same text for everybody."""
    return prompts_text(draw_prompts(SHIPPED[name], _SEED))
