"""States on disk: written batch by batch as they come, read as a memory map.

Hidden here: the files of one checkpoint. Batches are of like length, so states lie in the order in which they
were made, and the rows that they belong to lie beside them; only what is asked for is ever read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int
from transformers import PreTrainedModel

from nucleate.capture.record import BESIDE_STATES, captured_batches, labelled
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.corpus import Corpus
from nucleate.errors import LabelsError
from nucleate.hidden_states import HiddenStates
from nucleate.models import find_blocks, width_of

_STATES, _ANSWERS, _ABOUT = "states.npy", "answers.npz", "about.json"


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
    """Capture into a folder; in memory there is never more than a batch."""
    folder.mkdir(parents=True)
    sites = find_blocks(model).sites
    shape = (len(rows), len(sites), len(positions), width_of(model))
    order: list[np.ndarray] = []
    answers: dict[str, list[np.ndarray]] = {name: [] for name in BESIDE_STATES}
    with (folder / _STATES).open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for batch, found in captured_batches(model, corpus, rows, positions, settings):
            file.write(found.states.astype("<f4").tobytes())
            order.append(rows[batch.rows])
            for name, parts in answers.items():
                parts.append(getattr(found, name))
    whole: dict[str, Any] = {name: np.concatenate(parts) for name, parts in answers.items()}
    np.savez(folder / _ANSWERS, rows=np.concatenate(order), **whole)
    about = {"step": step, "sites": sites, "positions": positions}
    (folder / _ABOUT).write_text(json.dumps(about) + "\n", encoding="utf-8")


def read_states(folder: Path, corpus: Corpus, rows: Int[np.ndarray, " example"]) -> HiddenStates:
    """The states of some of the rows that were stored.

    Raises:
        LabelsError: a row was not stored.
    """
    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    with np.load(folder / _ANSWERS) as stored:
        order, answers = stored["rows"], {name: stored[name] for name in BESIDE_STATES}
    place_of = np.full(corpus.table.num_rows, -1)
    place_of[order] = np.arange(len(order))
    places = place_of[rows]
    if (places < 0).any():
        raise LabelsError(f"{folder} has no states of row {rows[places < 0][0]}", "Capture them again.")
    states = np.load(folder / _STATES, mmap_mode="r")[places]
    return labelled(
        np.asarray(states),
        {name: values[places] for name, values in answers.items()},
        tuple(about["sites"]),
        corpus,
        rows,
        step=about["step"],
        positions=tuple(about["positions"]),
    )
