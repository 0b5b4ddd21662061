"""Prompts that are in memory, or come with the program, as a file beside the folder that is made from them.

This module hides that lists of dicts, DataFrames and `datasets.Dataset` are all rows of fields, and that an
analysis knows its prompts by a file, so that it can be gone on with and checked.
"""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.corpus.prompts.shipped import SHIPPED, write_shipped
from nucleate.errors import CorpusError

_PRINTED = (
    *(datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID),
    *(np.datetime64, np.timedelta64),
)
"""Values that are text as they print."""


def prompts_file(prompts: Any, out: Path) -> Path:
    """The file of prompts: the one that is named, or `OUT-prompts.jsonl` with those that are given.

    Args:
        prompts: a path; a name in `shipped.SHIPPED` where no file is called so; or rows of fields: a list of
            dicts, a DataFrame, a `datasets.Dataset`. Dates, times, decimal numbers and UUIDs in them become
            text as they print; what is missing (None, NaN, NaT, NA) is left out.
        out: the folder of the analysis.

    Raises:
        CorpusError: it is none of these, or a field is neither text nor a number; with its place.
    """
    path = out.with_name(f"{out.name}-prompts.jsonl")
    if isinstance(prompts, (str, Path)):
        if str(prompts) in SHIPPED and not Path(prompts).exists():
            write_shipped(str(prompts), path)
            return path
        return Path(prompts)
    lines = [_line(f"prompts[{number}]", row) for number, row in enumerate(_rows(prompts))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _rows(prompts: Any) -> list[Mapping[str, Any]]:
    if hasattr(prompts, "to_dicts"):  # of polars
        return prompts.to_dicts()
    if hasattr(prompts, "to_dict") and hasattr(prompts, "columns"):  # of pandas
        return prompts.astype(object).where(prompts.notna(), None).to_dict("records")
    rows = list(prompts) if isinstance(prompts, Iterable) and not isinstance(prompts, Mapping) else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise CorpusError(
            f"prompts are {type(prompts).__name__}, not rows of fields",
            "Give a path, a list of dicts, a DataFrame or a datasets.Dataset.",
        )
    return rows


def _line(place: str, row: Mapping[str, Any]) -> str:
    plain = {_text(place, name): _plain(f"{place}: {name}", value) for name, value in row.items()}
    there = {name: value for name, value in plain.items() if value is not None}
    return json.dumps(there, ensure_ascii=False)


def _plain(place: str, value: Any) -> Any:
    """Python's own numbers and text; None where a field is left out."""
    if isinstance(value, (*_PRINTED, np.generic, float)) and value != value:  # noqa: PLR0124 - NaN and NaT are not
        return None
    if isinstance(value, _PRINTED):
        return str(value)
    own = value.item() if isinstance(value, np.generic) else value
    try:
        _text(place, json.dumps(own, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        raise CorpusError(
            f"{place} has the type {type(value).__name__}, expected text or a number",
            "Make it text, for instance with str(), or leave the field out.",
        ) from None
    return own


def _text(place: str, words: Any) -> str:
    text = str(words)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise CorpusError(f"{place} holds half of a surrogate pair", "Write the whole character.") from None
    return text
