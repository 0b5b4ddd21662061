"""What is put in order before a folder is written to, in case that the process before was killed.

This module hides how it is told, of a file that was about to be replaced, whether it was; and which files
may be deleted: none that the manifest places out of the folder, and none that another stage has left.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nucleate.run_folder import ledger
from nucleate.run_folder.atomic_write import REPLACED, WRITING, settle
from nucleate.run_folder.manifest import are_in_place, is_within, place_of, text_digest
from nucleate.run_folder.paths import RunPaths


def put_in_order(paths: RunPaths, manifest: dict[str, Any]) -> None:
    """Afterwards each file is the old or the new one, and `manifest`, which is changed, says which."""
    following = manifest.pop("next_config", None)
    if following is not None and _digest_of_settings(paths) == following:
        manifest["config"] = following
    stages = manifest["stages"]
    for name, entry in stages.items():
        if "replacing" in entry:
            stages[name] = _settled(paths.path, entry)
    for name, entry in stages.items():
        if ledger.is_unsettled(entry):
            delete_earlier(paths, manifest, name)
    for folder in (paths.path, paths.checkpoint(0).parent, paths.states(0).parent):
        if is_within(paths.path, folder):
            _settle_all(folder)


def _digest_of_settings(paths: RunPaths) -> str:
    if not paths.config_toml.exists():
        return ""
    return text_digest(paths.config_toml.read_text(encoding="utf-8"))


def delete_earlier(paths: RunPaths, manifest: dict[str, Any], stage: str) -> None:
    """Delete what a finished stage has not made anew, and folders that are empty then."""
    kept = {name for entry in manifest["stages"].values() for name in entry.get("outputs", {})}
    kept |= {paths.name_of(path) for path in (paths.config_toml, paths.manifest_json, paths.lock)}
    for name in manifest["stages"][stage].pop("earlier", {}):
        place = place_of(paths.path, name)
        if place is not None and name not in kept and place.is_file():
            place.unlink()
            _remove_empty_folders(place.parent, paths.path)


def _settled(root: Path, entry: ledger.Entry) -> ledger.Entry:
    """A stage after a kill between the announcement of new files and their line in the manifest."""
    about = entry["replacing"]
    entry = {key: value for key, value in entry.items() if key != "replacing"}
    place = place_of(root, about["path"])
    if place is None:
        return entry
    settle(place)
    if not are_in_place(root, about["outputs"]):
        return entry
    return ledger.with_files(ledger.begun(entry, about["inputs"]), about["path"], about["outputs"])


def _settle_all(folder: Path) -> None:
    """Whatever a killed process was writing in a folder."""
    for beginning in (WRITING, REPLACED):
        for left in list(folder.glob(f"{beginning}*")):
            name = left.name.removeprefix(beginning)
            if name not in ("", ".", ".."):
                settle(folder / name)


def _remove_empty_folders(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
