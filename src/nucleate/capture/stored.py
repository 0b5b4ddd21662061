"""States on disk: written batch by batch as they come, read as a memory map.

Hidden here: the files of one checkpoint. Batches are of like length, so states lie in the order in which they
were made, and the rows that they belong to lie beside them; only what is asked for is ever read.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from jaxtyping import Int
from transformers import PreTrainedModel

from nucleate.capture.hidden_states import HiddenStates
from nucleate.capture.record import BESIDE_STATES, captured_batches, labeled
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.corpus import Corpus
from nucleate.errors import LabelsError
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


def read_states(folder: Path, corpus: Corpus, rows: Int[np.ndarray, " example"]) -> HiddenStates:
    """The states of some of the rows that were stored.

    Raises:
        LabelsError: a row was not stored.
    """
    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    stored = {name: np.load(_path(folder, name), mmap_mode="r") for name in _KINDS}
    order = stored["rows"]
    place_of = np.full(corpus.table.num_rows, -1)
    place_of[order] = np.arange(len(order))
    places = place_of[rows]
    if (places < 0).any():
        raise LabelsError(f"{folder} has no states of row {rows[places < 0][0]}", "Capture them again.")
    return labeled(
        np.asarray(stored["states"][places]),
        {name: np.asarray(stored[name][places]) for name in BESIDE_STATES},
        tuple(about["sites"]),
        corpus,
        rows,
        step=about["step"],
        positions=tuple(about["positions"]),
    )
