"""Prompts in natural language that come with the program, by name instead of a file.

This module hides that they are drawn from the frozen tables, in so many tasks and phrasings that a model of
a billion weights reads them in minutes, and that whoever draws them gets the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from nucleate.corpus.prompts.facts import draw_prompts, write_prompts
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


def write_shipped(name: str, path: Path) -> None:
    """Write the prompts of a name in `SHIPPED` as JSONL; a file that has them already is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    write_prompts(draw_prompts(SHIPPED[name], _SEED), fresh)
    if path.exists() and path.read_bytes() == fresh.read_bytes():
        fresh.unlink()
    else:
        fresh.replace(path)
