"""A model is only believed where the way it will be captured gives what the model itself gives.

This module hides what is tried. Blocks are found by their place, and padding, position ids, shared
beginnings and what comes after the head differ from architecture to architecture; where one is handled
wrongly the figures are wrong without a word. So the very batches of the capture are tried, those that are
most unlike each other, and held against the model's own forward pass on single prompts; what does not agree
is not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedModel

from nucleate.capture.passes.batches import Batch
from nucleate.capture.passes.forward import Captured, Forward
from nucleate.capture.passes.own_pass import LARGEST_DIFFERENCE, require_known_states, require_own_answer
from nucleate.capture.record import (
    Planned,
    in_evaluation,
    name_of,
    planned_batches,
    require_finite,
    require_fitting,
)
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.corpus import Corpus
from nucleate.errors import ModelError
from nucleate.lazy import Int
from nucleate.models.blocks import find_blocks
from nucleate.spacing import evenly_spaced

_ALONE = CaptureSettings(batch_tokens=1, share_beginnings=False)
_ROWS = 3
"""So many prompts of a batch are tried: its shortest, a middling one and its longest."""
_OF_A_CACHE = (
    RuntimeError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    NotImplementedError,
    AssertionError,
)
"""What architectures raise that are handed keys and values which they would have kept otherwise."""


@dataclass(frozen=True)
class Settled:
    """How a model is captured: as was asked for, or in a plainer way.

    Attributes:
        settings: under which batches give what single prompts give.
        note: what is to be said aloud where they are not the ones asked for, else empty.
    """

    settings: CaptureSettings
    note: str = ""


def settle_capture(
    model: PreTrainedModel, corpus: Corpus, rows: Int[np.ndarray, " example"], settings: CaptureSettings
) -> Settled:
    """The fastest way to capture these prompts that agrees with the model's own forward pass.

    Raises:
        ModelError: a prompt does not fit the model; states are not finite; its blocks are not what was found,
            a state depends on what comes after it, or answers are not the model's own; or no way agrees.
    """
    require_fitting(model, corpus, rows)
    with in_evaluation(model):
        longest = _longest(corpus, rows)
        ids = corpus.table["input_ids"][int(longest)].as_py()
        require_known_states(model, ids, name_of(corpus, longest))
        problem = ""
        for way, plainer in _ways(settings):
            before, problem = problem, _disagreement(model, corpus, rows, plainer)
            if not problem:
                return Settled(plainer, f"{before}: {way}" if before else "")
    raise ModelError(problem, "Report the class of the model: no way to run its prompts agrees with itself.")


def _ways(settings: CaptureSettings) -> Iterator[tuple[str, CaptureSettings]]:
    """From what is asked for to the plainest."""
    yield "", settings
    if settings.share_beginnings:
        yield "beginnings are not shared", settings.model_copy(update={"share_beginnings": False})
    if settings.batch_tokens > 1:
        yield "prompts are run one at a time", _ALONE


def _disagreement(
    model: PreTrainedModel, corpus: Corpus, rows: Int[np.ndarray, " example"], settings: CaptureSettings
) -> str:
    """Where the batches of the capture differ from single prompts, in words; empty where they do not."""
    forward = Forward(model, find_blocks(model), corpus.spans(corpus.table).positions)
    for one in _unlike(planned_batches(model, corpus, rows, settings)):
        try:
            together = forward.run(one.batch, one.sequences, one.spans)
        except _OF_A_CACHE as error:
            if not one.batch.n_shared:
                raise
            line = next(iter(str(error).splitlines()), type(error).__name__)
            return f"{type(model).__name__} does not go on from shared beginnings ({line})"
        alone = _alone(forward, one)
        for row, single in zip(one.batch.rows[list(alone)], alone.values(), strict=True):
            require_finite(single, forward.blocks.sites, corpus, rows[[one.first + int(row)]])
        found = _difference(model, forward, one, together, alone)
        if found:
            return f"{type(model).__name__} gives other states in a batch than for single prompts: {found}"
    return ""


def _alone(forward: Forward, one: Planned) -> dict[int, Captured]:
    """Some prompts of a batch by themselves, by their places in it."""
    rows = {place: one.batch.rows[place] for place in _tried(one)}
    return {
        place: forward.run(Batch(np.array([row]), 0, np.zeros(1, dtype=np.int64)), one.sequences, one.spans)
        for place, row in rows.items()
    }


def _difference(
    model: PreTrainedModel, forward: Forward, one: Planned, together: Captured, alone: dict[int, Captured]
) -> str:
    """Of some prompts of a batch, at the first site that differs; answers are held against the model's."""
    for place, single in alone.items():
        row = int(one.batch.rows[place])
        require_own_answer(model, one.sequences[row], int(one.spans.prompt[row]), single)
    places, most = list(alone), LARGEST_DIFFERENCE.get(model.dtype, 1e-3)
    expected = np.concatenate([each.states for each in alone.values()])
    for index, site in enumerate(forward.blocks.sites):
        own, other = expected[:, index], together.states[places, index]
        difference = float(np.abs(own - other).max() / max(float(np.abs(own).max()), 1e-9))
        if not difference <= most:
            return f"at {site} they differ by {difference:.1g} of the largest"
    for place, each in alone.items():
        loss, read = float(each.surprisal[0]), float(together.surprisal[place])
        if abs(loss - read) > most * (1 + abs(loss)):
            return f"the loss of an answer is {read:.4g} in place of {loss:.4g}"
    return ""


def _unlike(plan: Iterator[Planned]) -> list[Planned]:
    """Of all batches the one with the longest prompt, the shortest, the widest spread and the most shared."""
    chosen: dict[str, tuple[float, Planned]] = {}
    for one in plan:
        lengths = [len(one.sequences[row]) for row in one.batch.rows]
        measures = {
            "longest": max(lengths),
            "shortest": -min(lengths),
            "spread": max(lengths) - min(lengths),
            "shared": one.batch.n_shared,
            "rows": len(lengths),
        }
        for name, value in measures.items():
            if name not in chosen or value > chosen[name][0]:
                chosen[name] = (value, one)
    return list({id(one.batch): one for _, one in chosen.values()}.values())


def _tried(one: Planned) -> list[int]:
    """Places in a batch: of short, middling and long prompts."""
    lengths = [len(one.sequences[row]) for row in one.batch.rows]
    return list(evenly_spaced(np.argsort(lengths, kind="stable").tolist(), _ROWS))


def _longest(corpus: Corpus, rows: Int[np.ndarray, " example"]) -> np.integer:
    lengths = corpus.spans(corpus.table).prompt[rows]
    return rows[int(lengths.argmax())]
