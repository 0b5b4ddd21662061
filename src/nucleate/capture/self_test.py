"""A model is only believed where a batch gives what single prompts give.

Hidden here: which prompts are tried. Padding, position ids and shared beginnings differ from architecture to
architecture, and where one is handled wrongly the states are wrong without a word.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Int
from transformers import PreTrainedModel

from nucleate.capture.record import capture
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.corpus import Corpus
from nucleate.errors import ModelError
from nucleate.spacing import evenly_spaced

_ALONE = CaptureSettings(batch_tokens=1, share_beginnings=False)
_LARGEST_DIFFERENCE = {torch.float32: 1e-3, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""Of the largest value of a site's states: rounding, not a wrong token."""
_LENGTHS = 3


def require_batches_to_agree(
    model: PreTrainedModel, corpus: Corpus, rows: Int[np.ndarray, " example"], settings: CaptureSettings
) -> None:
    """Run a few prompts of different lengths together and alone.

    Raises:
        ModelError: their states differ.
    """
    chosen, positions = _tried(corpus, rows), corpus.spans(corpus.table).positions
    together = capture(model, corpus, chosen, step=0, positions=positions, settings=settings)
    alone = capture(model, corpus, chosen, step=0, positions=positions, settings=_ALONE)
    for index, site in enumerate(alone.sites):
        one, other = together.states[:, index], alone.states[:, index]
        difference = float(np.abs(one - other).max() / max(float(np.abs(other).max()), 1e-9))
        if not difference <= _LARGEST_DIFFERENCE.get(model.dtype, 1e-3):
            raise ModelError(
                f"{type(model).__name__} gives other states in a batch than for single prompts: at {site} "
                f"they differ by {difference:.1g} of the largest",
                "Run one prompt at a time: --set capture.batch_tokens=1 --set capture.share_beginnings=false",
            )


def _tried(corpus: Corpus, rows: Int[np.ndarray, " example"]) -> Int[np.ndarray, " tried"]:
    """Short, middling and long prompts, each with another one of its instruction where there is one."""
    lengths = corpus.spans(corpus.table).prompt[rows]
    ordered = rows[np.argsort(lengths, kind="stable")]
    tried = evenly_spaced(ordered.tolist(), _LENGTHS)
    instruction = corpus.table["instruction_id"].to_numpy()
    siblings = [rows[instruction[rows] == instruction[row]][-1] for row in tried]
    return np.unique([*tried, *siblings])
