"""Prompts that are in memory, or come with the program, as a file beside the folder that is made from them.

This module hides that lists of dicts, DataFrames and `datasets.Dataset` are all rows of fields, and that an
analysis knows its prompts by a file, so that it can be gone on with and checked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.corpus.prompts.shipped import SHIPPED, write_shipped
from nucleate.errors import CorpusError


def prompts_file(prompts: Any, out: Path) -> Path:
    """The file of prompts: the one that is named, or `OUT-prompts.jsonl` with those that are given.

    Args:
        prompts: a path; a name in `shipped.SHIPPED` where no file is called so; or rows of fields: a list of
            dicts, a DataFrame, a `datasets.Dataset`.
        out: the folder of the analysis.

    Raises:
        CorpusError: it is none of these.
    """
    path = out.with_name(f"{out.name}-prompts.jsonl")
    if isinstance(prompts, (str, Path)):
        if str(prompts) in SHIPPED and not Path(prompts).exists():
            write_shipped(str(prompts), path)
            return path
        return Path(prompts)
    lines = [json.dumps(_plain(row), ensure_ascii=False) for row in _rows(prompts)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _rows(prompts: Any) -> list[Mapping[str, Any]]:
    if hasattr(prompts, "to_dict") and hasattr(prompts, "columns"):  # of pandas
        return prompts.to_dict("records")
    rows = list(prompts) if isinstance(prompts, Iterable) and not isinstance(prompts, Mapping) else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise CorpusError(
            f"prompts are {type(prompts).__name__}, not rows of fields",
            "Give a path, a list of dicts, a DataFrame or a datasets.Dataset.",
        )
    return rows


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without what pandas puts where a field is left out, and with Python's own numbers."""
    numbers = {name: value.item() if isinstance(value, np.generic) else value for name, value in row.items()}
    return {
        str(name): value
        for name, value in numbers.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }
