"""The manifest: which stages a run has been through, from what, and which files each has left.

A folder may come from somebody else, so what a manifest says is data. This module hides how it is read, and
that a name that would lead out of the folder is told as a problem and never followed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nucleate.errors import RunFolderError
from nucleate.run_folder.atomic_write import files_of, whole

Digests = dict[str, str]
"""SHA-256 by the name of a file, relative to the folder."""


_FACTS: Mapping[str, type] = {"stages": dict, "versions": dict, "precision": dict, "audit": list}
"""What a run says of itself that is gone through when it is read; other facts are shown as they are."""


def read_manifest(path: Path) -> dict[str, Any]:
    """A new one where there is none.

    Raises:
        RunFolderError: what is there is no manifest.
    """
    if not path.exists():
        return {"stages": {}}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if (
            isinstance(manifest, dict)
            and all(isinstance(manifest.get(name, kind()), kind) for name, kind in _FACTS.items())
            and all(isinstance(row, dict) for row in manifest.get("audit", []))
            and all(map(_is_stage, manifest["stages"].values()))
        ):
            return manifest
    except (OSError, ValueError, KeyError, AttributeError, RecursionError):
        pass
    raise RunFolderError(f"{path} is torn or was edited", "Put it back, or run again into another folder.")


def write_manifest(manifest: Mapping[str, Any], path: Path) -> None:
    """The old one stays until the new one is whole. It has an item a line, and is written fast."""
    text = json.dumps(manifest, separators=(",\n", ": "))  # indented, it would not be written by C
    with whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def place_of(root: Path, name: str) -> Path | None:
    """The file that a manifest names; None where that is not, or would not stay, within the folder."""
    parts = name.split("/")
    if not name or name.startswith("/") or "\0" in name or {"", ".", ".."} & set(parts):
        return None
    place = root / name
    return place if is_within(root, place) else None


def is_within(root: Path, path: Path) -> bool:
    """Whether a path stays within the folder, all links followed."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False


def problem_of(root: Path, name: str, digest: str) -> str | None:
    """What is wrong with a listed file, in a line; None where it is the one that was written."""
    place = place_of(root, name)
    if place is None:
        return f"{root / 'manifest.json'} lists {name!r}, which leads out of the folder: it is left alone"
    if not place.is_file():
        return f"{place} is missing"
    return None if sha256(place) == digest else f"{place} is not the file that was written: torn or edited"


def are_in_place(root: Path, digests: Digests) -> bool:
    """Whether every file is the one that is named."""
    return not any(problem_of(root, name, digest) for name, digest in digests.items())


def without(digests: Digests, name: str) -> Digests:
    """All but a file, or the files of a folder."""
    within = f"{name}/"
    return {one: digest for one, digest in digests.items() if one != name and not one.startswith(within)}


def is_at(file: str, name: str) -> bool:
    """Whether a file is the one that is named, or lies in the folder of that name."""
    return file == name or file.startswith(f"{name}/")


def digest_of(*parts: Any) -> str:
    """SHA-256 over any values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256(path: Path) -> str:
    """Of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_stage(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    replacing = entry.get("replacing", {"path": "", "inputs": "", "outputs": {}})
    return (
        all(_are_digests(entry.get(name, {})) for name in ("outputs", "earlier"))
        and isinstance(entry.get("seconds", 0.0), (int, float))
        and isinstance(replacing, dict)
        and isinstance(replacing.get("path"), str)
        and isinstance(replacing.get("inputs"), str)
        and _are_digests(replacing.get("outputs"))
    )


def _are_digests(digests: Any) -> bool:
    return isinstance(digests, dict) and all(isinstance(value, str) for value in digests.values())


def digests_of(path: Path, name: str) -> Digests:
    """Of every file at `path`, by the names that they have at the place `name`."""
    return {"/".join((name, *file.relative_to(path).parts)): sha256(file) for file in files_of(path)}
