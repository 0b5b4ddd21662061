"""Every word of the tables, defined once: for the page, the docs and whoever asks.

A term is spelled as the tables spell it. The definitions lie in `glossary.toml`, in the order of the docs; a
new position, control, metric or verdict gets its entry there.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def glossary() -> dict[str, dict[str, str]]:
    """Groups of terms with their definitions."""
    return tomllib.loads((resources.files("nucleate") / "glossary.toml").read_text(encoding="utf-8"))


def definition(term: str) -> str | None:
    """What a term means; None where it has no entry."""
    return next((group[term] for group in glossary().values() if term in group), None)
