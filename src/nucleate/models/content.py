"""A model that lies on this machine, known by the content of its files.

This module hides which files of a folder are loaded. A model that was changed where it lies is another
model, and what was made from it before is made again.
"""

from __future__ import annotations

import hashlib
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

from nucleate.errors import ModelError
from nucleate.models.series.hub import weight_files

_TOKENIZER = (
    "tokenizer*",
    "vocab*",
    "merges*",
    "special_tokens*",
    "added_tokens*",
    "chat_template*",
    "*.model",
)
_CONFIG = ("config.json", "generation_config.json")


def model_digest(path: Path) -> str:
    """SHA-256 over weights and configuration, of a folder or a GGUF file.

    Raises:
        ModelError: there is nothing there.
    """
    return _digest(path, [*weight_files(_names_in(path)), *_matching(path, _CONFIG)])


def tokenizer_digest(path: Path) -> str:
    """SHA-256 over what a tokenizer is loaded from, of a folder or a GGUF file.

    Raises:
        ModelError: there is nothing there.
    """
    return _digest(path, _matching(path, (*_TOKENIZER, *_CONFIG)))


def holds_tokenizer(path: Path) -> bool:
    """Whether a folder, or a GGUF file, brings a tokenizer."""
    return path.is_file() or (path.is_dir() and bool(_matching(path, _TOKENIZER)))


def _digest(path: Path, names: list[str]) -> str:
    files = [path] if path.is_file() else [path / name for name in sorted(names)]
    lines = [f"{file.name if path.is_dir() else ''} {_sha256_of(file)}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _matching(path: Path, patterns: tuple[str, ...]) -> list[str]:
    return [name for name in _names_in(path) if any(fnmatch(name, pattern) for pattern in patterns)]


def _names_in(path: Path) -> list[str]:
    if not path.exists():
        raise ModelError(f"there is no {path}", "Name a folder that holds a model, or a GGUF file.")
    return [file.name for file in path.iterdir() if file.is_file()] if path.is_dir() else []


def _sha256_of(file: Path) -> str:
    about = file.stat()
    return _sha256(file.resolve(), about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(file: Path, _size: int, _changed: int) -> str:
    """Read once in a process, as long as the file is the same."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
