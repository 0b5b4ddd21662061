"""Prompts that are in memory, or come with the program, as a file beside the folder that is made from them.

This module hides that lists of dicts, DataFrames and `datasets.Dataset` are all rows of fields, and that an
analysis knows its prompts by a file, so that it can be gone on with and checked. The file's name is made from
the folder's: what has that name already and holds anything else is somebody's, and stays.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.corpus.prompts.shipped import SHIPPED, shipped_text
from nucleate.errors import CorpusError
from nucleate.run_folder.atomic_write import require_place_of_a_file, whole
from nucleate.run_folder.paths import RunPaths, beside

_PRINTED = (
    *(datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID),
    *(np.datetime64, np.timedelta64),
)
"""Values that are text as they print."""


@dataclass(frozen=True)
class GivenPrompts:
    """Prompts, and where they lie or will.

    Attributes:
        path: of their file.
        text: that is to be written to it; None where a user's own file was named.
        out: the folder of the analysis.
    """

    path: Path
    text: str | None
    out: Path

    @contextmanager
    def written(self) -> Iterator[Path]:
        """The file, for an analysis that may yet be refused: one that was made for it goes again then.

        Raises:
            CorpusError: the file would take the place of another one. RunFolderError: it cannot be written.
        """
        is_new = self.write()
        try:
            yield self.path
        except BaseException:
            if is_new and not self._is_known():
                self.path.unlink(missing_ok=True)
            raise

    def write(self) -> bool:
        """Write the file where there is none yet; whether that was so.

        Raises:
            CorpusError: a file with other prompts is there. RunFolderError: it cannot be written.
        """
        if self.text is None or self._is_there(self.text.encode()):
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with whole(self.path) as temporary:
            temporary.write_text(self.text, encoding="utf-8", newline="\n")
        return True

    def _is_there(self, raw: bytes) -> bool:
        require_place_of_a_file(self.path)
        if self.path.exists() and self.path.read_bytes() != raw:
            raise CorpusError(
                f"{self.path} is there with other prompts, and would be replaced by those that are given",
                "Choose another folder with out, or move the file.",
            )
        return self.path.exists()

    def _is_known(self) -> bool:
        """Whether the analysis has begun: its settings name the file by what is in it."""
        config = RunPaths(self.out).config_toml
        digest = hashlib.sha256((self.text or "").encode()).hexdigest()
        return config.is_file() and digest in config.read_text(encoding="utf-8")


def prompts_file(prompts: Any, out: Path) -> Path:
    """As `given_prompts`, and the file is there."""
    given = given_prompts(prompts, out)
    given.write()
    return given.path


def given_prompts(prompts: Any, out: Path) -> GivenPrompts:
    """The file of prompts: the one that is named, or `OUT-prompts.jsonl` with those that are given.

    Nothing is written yet.

    Args:
        prompts: a path; a name in `shipped.SHIPPED` where no file is called so; or rows of fields: a list of
            dicts, a DataFrame, a `datasets.Dataset`. Dates, times, decimal numbers and UUIDs in them become
            text as they print; what is missing (None, NaN, NaT, NA) is left out.
        out: the folder of the analysis.

    Raises:
        CorpusError: it is none of these, or a field is neither text nor a number; with its place.
    """
    path = beside(out, "prompts.jsonl")
    if isinstance(prompts, (str, Path)):
        if str(prompts) in SHIPPED and not Path(prompts).exists():
            return GivenPrompts(path, shipped_text(str(prompts)), out)
        return GivenPrompts(Path(prompts), None, out)
    lines = [_line(f"prompts[{number}]", row) for number, row in enumerate(_rows(prompts))]
    return GivenPrompts(path, "\n".join(lines) + "\n", out)


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
