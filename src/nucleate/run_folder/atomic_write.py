"""Files that appear whole or not at all.

This module hides that a file, or a folder, is written beside its place, flushed to disk and renamed; then
the folder that it is in is flushed, so that after a power cut renamings are on disk in their order. Whatever
breaks off before the renaming leaves what was there before; an interrupt is held for the renaming alone. A
file never takes the place of a folder: what is in that may be anybody's.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nucleate.errors import NucleateError, RunFolderError
from nucleate.run_folder.interrupts import hold_interrupts

WRITING, REPLACED = ".writing-", ".replaced-"
"""Beginnings of the names beside a place: of what is still written, and of a folder that has had to go."""


_OF_THE_SYSTEM = re.compile(r"\(os error (\d+)\)")
"""How libraries written in Rust, safetensors and tokenizers, say what is an OSError elsewhere."""


@contextmanager
def whole(path: Path, mend: str = "Make room or choose another folder with --out.") -> Iterator[Path]:
    """Yield a path to write a file or folder to; afterwards it is at `path`, whole.

    Args:
        path: where to; a file that is there is replaced, and a folder by a folder alone.
        mend: what a user can do where it cannot be written.

    Raises:
        RunFolderError: it cannot be written, or it is a file and at `path` is a folder.
    """
    with written_beside(path, mend) as temporary:
        yield temporary
        flush_to_disk(temporary)
        with hold_interrupts():
            put_in_place(temporary, path)


@contextmanager
def written_beside(path: Path, mend: str) -> Iterator[Path]:
    """Yield a path beside `path` to write to; what is still there at the end is removed.

    Raises:
        RunFolderError: it cannot be written.
    """
    temporary = path.with_name(f"{WRITING}{path.name}")
    try:
        remove(temporary)
        try:
            yield temporary
        finally:
            with hold_interrupts():  # else what is half removed would stay
                remove(temporary)
    except OSError as error:
        raise RunFolderError(f"cannot write {path}: {error.strerror or error}", mend) from error
    except Exception as error:
        number = _OF_THE_SYSTEM.search(str(error))
        if isinstance(error, NucleateError) or number is None:
            raise
        raise RunFolderError(f"cannot write {path}: {os.strerror(int(number[1]))}", mend) from error


def require_place_of_a_file(path: Path) -> None:
    """Raises RunFolderError where a file that is written there would take the place of something else."""
    if path.is_dir():
        raise RunFolderError(f"{path} is a folder", "Name the file to write, in it or beside it.")
    if path.exists() and not path.is_file():
        raise RunFolderError(f"{path} is no plain file", "Name the file to write.")


def put_in_place(temporary: Path, path: Path) -> None:
    """Rename `temporary` to `path`, to stay. A folder that is there makes room for another one alone.

    Raises:
        RunFolderError: a file would take the place of a folder, or of a link to one.
    """
    if not temporary.is_dir():
        require_place_of_a_file(path)
    if not _is_folder(path):
        temporary.replace(path)
        flush_folder(path.parent)
        return
    replaced = path.with_name(f"{REPLACED}{path.name}")
    remove(replaced)
    path.rename(replaced)
    temporary.rename(path)
    flush_folder(path.parent)
    remove(replaced)


def settle(path: Path) -> None:
    """What a killed process left beside `path` is put back, where nothing had taken its place, or removed."""
    replaced = path.with_name(f"{REPLACED}{path.name}")
    if _is_folder(replaced) and not path.exists():
        replaced.rename(path)
    remove(replaced)
    remove(path.with_name(f"{WRITING}{path.name}"))


def flush_to_disk(path: Path) -> None:
    """Every file and folder at `path`, so that no renaming is on disk before what it names."""
    for file in files_of(path):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    if path.is_dir():
        for folder in (path, *filter(_is_folder, path.rglob("*"))):
            flush_folder(folder)


def flush_folder(path: Path) -> None:
    """The names in a folder. Where folders cannot be opened, the system keeps their order itself."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def files_of(path: Path) -> list[Path]:
    """The file itself, or every file of a folder, by name."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def remove(path: Path) -> None:
    """A file, a folder with all that is in it, or a link but not what it leads to; it need not be there."""
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
