"""States on disk: written batch by batch as they come, read as a memory map.

This module hides the files of one checkpoint. Batches are of like length, so states lie in the order in
which they were made, and the rows that they belong to lie beside them; only what is asked for is ever read.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from nucleate.capture.hidden_states import HiddenStates
from nucleate.capture.record import BESIDE_STATES, captured_batches, labeled
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.corpus import Corpus
from nucleate.errors import LabelsError
from nucleate.lazy import Float, Int
from nucleate.models.blocks import find_blocks, width_of

_ABOUT = "about.json"
_KINDS: dict[str, np.dtype] = {
    "rows": np.dtype("<i8"),
    "states": np.dtype("<f4"),
    **{name: np.dtype(kind) for name, kind in BESIDE_STATES.items()},
}
"""What lies in the folder, an array per file `NAME.npy`."""


def store_states(
    model: PreTrainedModel,
    corpus: Corpus,
    rows: Int[np.ndarray, " example"],
    folder: Path,
    *,
    step: int,
    positions: tuple[str, ...],
    settings: CaptureSettings,
) -> None:
    """Capture into a folder; in memory are never more than a batch and what makes the next ones ready."""
    folder.mkdir(parents=True)
    sites = find_blocks(model).sites
    beyond = {"states": (len(sites), len(positions), width_of(model))}
    with ExitStack() as stack:
        files = {name: stack.enter_context(_path(folder, name).open("wb")) for name in _KINDS}
        for name, file in files.items():
            header = {
                "descr": _KINDS[name].str,
                "fortran_order": False,
                "shape": (len(rows), *beyond.get(name, ())),
            }
            np.lib.format.write_array_header_1_0(file, header)
        for batch, found in captured_batches(model, corpus, rows, positions, settings):
            made = {"rows": rows[batch.rows], **vars(found)}
            for name, file in files.items():
                file.write(made[name].astype(_KINDS[name]).tobytes())
    about = {"step": step, "sites": sites, "positions": positions}
    (folder / _ABOUT).write_text(json.dumps(about) + "\n", encoding="utf-8")


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def read_states(
    folder: Path, corpus: Corpus, rows: Int[np.ndarray, " example"], *, vectors: bool = True
) -> HiddenStates:
    """The states of some of the rows that were stored; without `vectors`, all the rest of them.

    Raises:
        LabelsError: a row was not stored.
    """
    about, places = _about(folder), _places_of(folder, rows)
    stored = _stored(folder, "states")
    return labeled(
        np.asarray((stored if vectors else stored[..., :0])[places]),
        {name: np.asarray(_stored(folder, name)[places]) for name in BESIDE_STATES},
        tuple(about["sites"]),
        corpus,
        rows,
        step=about["step"],
        positions=tuple(about["positions"]),
    )


def read_vectors(
    folder: Path, rows: Int[np.ndarray, " example"], positions: tuple[str, ...]
) -> Float[np.ndarray, "example site position n_embd"]:
    """The vectors alone of some of the rows, at some of the positions; no corpus is needed.

    Raises:
        LabelsError: a row was not stored.
    """
    there = tuple(_about(folder)["positions"])
    chosen = [there.index(name) for name in positions]
    vectors = np.asarray(_stored(folder, "states")[_places_of(folder, rows)])
    return vectors if positions == there else vectors[:, :, chosen]


def _about(folder: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    return about


def _stored(folder: Path, name: str) -> np.ndarray:
    array: np.ndarray = np.load(_path(folder, name), mmap_mode="r")
    return array


def _places_of(folder: Path, rows: Int[np.ndarray, " example"]) -> Int[np.ndarray, " example"]:
    order = np.asarray(_stored(folder, "rows"))
    place_of = np.full(max(order.max(initial=-1), rows.max(initial=-1)) + 1, -1)
    place_of[order] = np.arange(len(order))
    places: np.ndarray = place_of[rows]
    if (places < 0).any():
        raise LabelsError(f"{folder} has no states of row {rows[places < 0][0]}", "Capture them again.")
    return places
