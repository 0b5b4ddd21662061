"""Files that came from somebody else: a model's folder, a tokenizer's, a run's.

Hidden here: that a name in such a folder may be a link to anywhere, a device without end or a pipe that is
never written to, and that what calls itself JSON may be a list, nested without end, or as large as a disk.
Who reads a foreign folder asks here first; nothing of it is opened that does not lie in it. Files of the
Hugging Face Hub's cache are links into the folder of blobs beside, and those alone lead out.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MOST_SAID = 300
"""Characters of a library's message; some print a whole model."""
MOST_JSON = 2**28
"""Bytes of a JSON file; the largest tokenizers take a tenth of it."""


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
