"""What the manifest says of one stage: its status, what it was made from, the files that it has left.

This module hides how a stage that is made again keeps the files of its earlier result until each is
replaced. An entry has `status`, `inputs`, `outputs` and `seconds`. While such a stage is in hand, `earlier`
lists what of the old files is still there, and `replacing` a file or folder that is about to be renamed
into place, so that after a kill it can be told whether it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nucleate.run_folder.manifest import Digests, without

Entry = dict[str, Any]


def begun(entry: Mapping[str, Any], inputs: str) -> Entry:
    """A stage that is in hand now: gone on with where it was broken off, else begun beside what is there."""
    if entry.get("status") == "running" and entry.get("inputs") == inputs:
        return dict(entry)
    left = {**entry.get("earlier", {}), **entry.get("outputs", {})}
    made = {"status": "running", "inputs": inputs, "outputs": {}, "seconds": 0.0}
    return made | ({"earlier": left} if left else {})


def with_files(entry: Mapping[str, Any], name: str, files: Digests) -> Entry:
    """After `files` have come to the place `name`: what lay there before is gone, and so are its lines."""
    made = dict(entry) | {"outputs": without(entry["outputs"], name) | files}
    made.pop("replacing", None)
    return _with_earlier(made, without(entry.get("earlier", {}), name))


def finished(entry: Mapping[str, Any], discarded: set[str]) -> Entry:
    """Done. What was not made anew, and what has served its purpose, is left in `earlier` to be deleted."""
    kept = {name: digest for name, digest in entry["outputs"].items() if name not in discarded}
    served = {name: digest for name, digest in entry["outputs"].items() if name in discarded}
    done = dict(entry) | {"status": "done", "outputs": kept}
    return _with_earlier(done, {**entry.get("earlier", {}), **served})


def lists_at(entry: Mapping[str, Any], name: str) -> bool:
    """Whether a file is listed that is, or lies in, what is named."""
    within = f"{name}/"
    return any(
        name in listed or any(one.startswith(within) for one in listed)
        for listed in (entry.get("outputs", {}), entry.get("earlier", {}))
    )


def is_unsettled(entry: Mapping[str, Any]) -> bool:
    """Whether a killed process has left something to be put in order."""
    return "replacing" in entry or (entry.get("status") == "done" and "earlier" in entry)


def _with_earlier(entry: Entry, earlier: Digests) -> Entry:
    entry.pop("earlier", None)
    return entry | ({"earlier": earlier} if earlier else {})
