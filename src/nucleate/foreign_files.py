"""Files that came from somebody else: a model's folder, a tokenizer's, a run's.

This module hides that a name in such a folder may be a link to anywhere, a device without end or a pipe
that is never written to, that what calls itself JSON may be a list, nested without end, or as large as a
disk, and that a small table may say the same thing a billion times. Who reads a foreign folder asks here
first; nothing of it is opened that does not lie in it. Files of the Hugging Face Hub's cache are links into
the folder of blobs beside, and those alone lead out.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nucleate.errors import RunFolderError
from nucleate.lazy import lazy

if TYPE_CHECKING:
    import pyarrow as pa

arrow = lazy("pyarrow")
compute = lazy("pyarrow.compute")
parquet = lazy("pyarrow.parquet")

MOST_SAID = 300
"""Characters of a library's message; some print a whole model."""
MOST_JSON = 2**28
"""Bytes of a JSON file; the largest tokenizers take a tenth of it."""

MOST_TABLE, MOST_FOLD = 2**28, 100
"""Bytes of a table in memory: so many, and so many times those of its file; ours take 20 times at most."""
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12}
"""Bytes of a value; of texts, which are read as a list of different ones and their places in it, 8."""


class ForeignFileError(ValueError):
    """A file of a foreign folder is not what it should be; the one line names it."""


def regular_files(folder: Path) -> list[Path]:
    """The files of a folder, by name; what lies in folders of it is not among them.

    Raises:
        ForeignFileError: one leads out of the folder, or is a device or a pipe.
    """
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            continue
        require_own(path, folder)
        found.append(path)
    return found


def require_own(path: Path, folder: Path) -> None:
    """A regular file of this very folder, whatever it is called.

    Raises:
        ForeignFileError: it is none.
    """
    root, target = folder.resolve(), path.resolve()
    allowed = [root, *([root.parents[1] / "blobs"] if root.parent.name == "snapshots" else [])]
    if not any(target.is_relative_to(place) for place in allowed):
        raise ForeignFileError(f"{path.name} is a link that leads out of the folder, to {target}")
    if target.exists() and not target.is_file():
        raise ForeignFileError(f"{path.name} is no regular file")


def read_object(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds.

    Raises:
        ForeignFileError: it holds none; OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size > MOST_JSON:
        raise ForeignFileError(f"{path.name} has {size / 1e6:,.0f} MB, which no file of its kind has")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ForeignFileError(f"{path.name} is nested without end") from None
    except ValueError as error:
        raise ForeignFileError(f"{path.name} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ForeignFileError(f"{path.name} holds {type(found).__name__}, not an object")
    return found


def read_parquet(path: Path) -> pa.Table:
    """A table of a run's folder: bounded by what its file says of it, before anything is read.

    Texts are read as the different ones that there are, and put in their places when that is known to fit.

    Raises:
        RunFolderError: in memory it would take a hundred times its file; OSError, ValueError: it is no table.
    """
    most = MOST_TABLE + MOST_FOLD * path.stat().st_size
    with parquet.ParquetFile(path) as file:
        told, schema = file.metadata, file.schema_arrow
    parts = [
        told.row_group(group).column(at)
        for group in range(told.num_row_groups)
        for at in range(told.num_columns)
    ]
    numbers = sum(max(part.num_values, 0) * _WIDTHS.get(part.physical_type, 8) for part in parts)
    _require_small(path, max(numbers, *(part.total_uncompressed_size for part in parts), 0), most)
    texts = {part.path_in_schema for part in parts if part.physical_type == "BYTE_ARRAY"}
    with parquet.ParquetFile(path, read_dictionary=sorted(texts)) as file:
        # A group at a time: each has a list of texts of its own, and columns of columns cannot hold several.
        groups = [file.read_row_group(number) for number in range(file.num_row_groups)]
    chunks = [chunk for group in groups for column in group.columns for chunk in column.chunks]
    _require_small(path, numbers + sum(map(_letters, chunks)), most)
    return arrow.concat_tables([group.cast(schema) for group in groups] or [schema.empty_table()])


def _letters(array: pa.Array) -> int:
    """Bytes of the texts that stand at the places of numbers, in columns of columns too."""
    if arrow.types.is_dictionary(array.type):
        return compute.sum(compute.binary_length(array.dictionary).take(array.indices)).as_py() or 0
    if arrow.types.is_struct(array.type):
        return sum(map(_letters, array.flatten()))
    return _letters(array.values) if hasattr(array, "values") else 0


def _require_small(path: Path, size: int, most: int) -> None:
    if size > most:
        raise RunFolderError(
            f"{path} has {path.stat().st_size / 1e6:,.1f} MB and would take {size / 1e9:,.1f} GB in memory",
            "No table of nucleate does: make it again, or ask whoever gave it to you.",
        )


@contextmanager
def naming(file: str) -> Iterator[None]:
    """Whatever is wrong within is told as one of this file: what a library says of it seldom names it.

    Raises:
        ForeignFileError: in the place of any error.
    """
    try:
        yield
    except Exception as error:
        line = " ".join(str(error).split())[:MOST_SAID]
        kind = "" if isinstance(error, ValueError | OSError) and line else f"{type(error).__name__} "
        raise ForeignFileError(f"{file}: {kind}{line}".strip()) from error


@contextmanager
def offline() -> Iterator[None]:
    """Within, Hugging Face's libraries ask no server for anything, whatever a file tells them to fetch."""
    constants: Any = importlib.import_module("huggingface_hub.constants")
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
