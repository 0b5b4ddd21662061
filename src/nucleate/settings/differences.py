"""In which settings two runs differ, in words."""

from __future__ import annotations

import tomllib
from typing import Any

from nucleate.settings.tables import flat

_MOST = 4
"""Settings that are named; of more their number."""


def what_differs(there: str, here: str) -> str:
    """`seed is 1 there and 2 here`, and so on.

    A setting that one of them lacks counts as different, whatever its default: what a program did that had
    no such setting is not known here.

    Args:
        there: the TOML of a run that is finished or begun.
        here: the TOML of the one that is asked for.
    """
    old, new = (dict(flat(tomllib.loads(text))) for text in (there, here))
    keys = [key for key in new | old if old.get(key) != new.get(key)]
    told = [f"{key} is {_shown(key, old)} there and {_shown(key, new)} here" for key in keys[:_MOST]]
    more = [f"{len(keys) - _MOST} more differ"] if len(keys) > _MOST else []
    return "; ".join([*told, *more]) or "they are written in another way"


def _shown(key: str, values: dict[str, Any]) -> str:
    text = repr(values[key]) if key in values else "not set"
    return text if len(text) <= 60 else f"{text[:57]}..."
