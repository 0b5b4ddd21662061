"""The lines of a file of prompts, as they were written: JSONL or CSV.

This module hides encodings, separators, headers, quotes and repeated names; what is wrong is told as
`FILE:LINE: FIELD: what` where it is wrong. What the fields mean, `prompt_files.py` says.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from nucleate.errors import CorpusError

OWN_FIELDS = ("id", "prompt", "instruction", "input", "template", "answer", "split")
"""What a file's fields may be beside labels."""
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_TABLES, _LINES = (".csv", ".tsv"), (".jsonl", ".ndjson", ".json")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        raise CorpusError(
            f"{path} cannot be read: {getattr(error, 'strerror', '') or error}",
            "Name a file of prompts that is there.",
        ) from None


def _text_of(path: Path) -> str:
    raw = _bytes_of(path)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte {raw[error.start]:#04x} is not UTF-8"
        raise mistake(str(path), line, "encoding", what, "Save the file as UTF-8.") from None


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of every line that holds something, and its fields.

    Raises:
        CorpusError: the file cannot be read, or a line is not what its ending promises; with its place.
    """
    name, suffix = str(path), path.suffix.lower()
    if suffix not in _TABLES + _LINES:
        _bytes_of(path)  # one that is not there is told as that
        raise CorpusError(f"{name} ends in neither .jsonl nor .csv", "Save the prompts as JSONL or CSV.")
    records = _csv_records if suffix in _TABLES else _json_records
    return records(name, _text_of(path))


def how_read(path: Path) -> list[str]:
    """What was taken for granted of a file that can be read, a line for each thing that may surprise."""
    if path.suffix.lower() not in _TABLES:
        return []
    text = _text_of(path)
    separator = _separator_of(text)
    found = (
        [f"{path.name} is read with {_SEPARATORS[separator]} between its fields"] if separator != "," else []
    )
    taken = [
        f"{field!r} as {_field(field)}" for field in _first_row(text, separator) if _field(field) != field
    ]
    return [*found, *([f"of {path.name}, {', '.join(taken)}"] if taken else [])]


def _separator_of(text: str) -> str:
    """By which the first line has most of our own fields, then most fields; commas where it is even."""

    def fields(separator: str) -> tuple[int, int]:
        row = list(map(_field, _first_row(text, separator)))
        return len(set(row) & set(OWN_FIELDS)), len(row)

    return max(_SEPARATORS, key=fields)


def _first_row(text: str, separator: str) -> list[str]:
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # a prompt may be a whole book
    try:
        return next(
            (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row), []
        )
    except csv.Error:
        return []


def _field(written: str) -> str:
    """A field's name as it was meant: without white space at its ends, and our own names in small letters."""
    name = written.strip()
    return name.lower() if name.lower() in OWN_FIELDS else name


def _json_records(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, row in enumerate(text.split("\n"), 1):  # not splitlines: JSON text may hold U+2028
        if not row.strip():
            continue
        try:
            values = json.loads(row, object_pairs_hook=partial(_without_twins, name, line))
        except (ValueError, RecursionError) as error:
            what = f"is not JSON: {error}"
            raise mistake(name, line, "line", what, "Write one JSON object on every line.") from None
        if not isinstance(values, dict):
            raise mistake(
                name, line, "line", f"is {kind_of(values)}, not an object", "Write {...} on every line."
            )
        yield line, values


def _without_twins(name: str, line: int, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    pairs = [(_field(key), value) for key, value in pairs]
    names = [key for key, _ in pairs]
    for key in names:
        if names.count(key) > 1:
            raise mistake(name, line, key, "is there twice", "Give every field once.")
    return dict(pairs)


def _csv_records(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    separator = _separator_of(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise mistake(name, line, "line", f"is not CSV: {error}", "Mend the quotes there.") from None
        if not row:
            continue
        if not header:
            header = _checked_header(name, line, row)
        elif len(row) != len(header):
            short = len(row) < len(header)
            field = header[len(row)] if short else f"column {len(header) + 1}"
            what = f"{len(row)} columns where line 1 names {len(header)}"
            raise mistake(
                name,
                line,
                field,
                what,
                f"Give every line as many columns; quote text with {_SEPARATORS[separator]}.",
            )
        else:
            yield line, dict(zip(header, row, strict=True))


def _checked_header(name: str, line: int, written: list[str]) -> list[str]:
    row = list(map(_field, written))
    for number, field in enumerate(row, 1):
        if not field.strip() or row.count(field) > 1:
            what = "is there twice" if field.strip() else "has no name"
            raise mistake(
                name, line, field or f"column {number}", what, "Give every column a name of its own."
            )
    return row


def kind_of(value: Any) -> str:
    """What JSON calls a value, in words."""
    kinds = {type(None): "null", dict: "an object", list: "a list", bool: "true or false"}
    return kinds.get(type(value), "a number" if isinstance(value, (int, float)) else "text")


def mistake(name: str, line: int, field: str, what: str, mend: str) -> CorpusError:
    """A mistake in a file of prompts, with its place."""
    return CorpusError(f"{name}:{line}: {field}: {what}", mend)
