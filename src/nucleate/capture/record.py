"""model + corpus -> HiddenStates.

This module hides which prompts are run together, in which order they come out, and what lies beside the
states. Only one batch is in memory at a time where states go to disk; see `stored.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from transformers import PreTrainedModel

from nucleate.capture.hidden_states import HiddenStates
from nucleate.capture.passes.batches import Batch, plain_batches, saving, shared_batches
from nucleate.capture.passes.forward import Captured, Forward, keeps_keys_and_values
from nucleate.capture.passes.own_pass import not_finite
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.spans import Spans
from nucleate.errors import ModelError
from nucleate.lazy import Int
from nucleate.models.blocks import find_blocks, most_symbols, most_tokens, width_of

BESIDE_STATES = {
    "predicted": np.int64,
    "answered": np.bool_,
    "surprisal": np.float32,
    "confidence": np.float32,
}
"""What a batch gives beside states, by its name in `Captured`."""

PORTION = 2**13
"""Prompts made ready at a time: as many as are seldom asked for; lists of short ones take few megabytes."""

_LEAST_SAVING = 0.2
"""Share of tokens that must be saved before beginnings are run apart: two passes cost more than one."""


def capture(
    model: PreTrainedModel,
    corpus: Corpus,
    rows: Int[np.ndarray, " example"],
    *,
    step: int,
    positions: tuple[str, ...],
    settings: CaptureSettings | None = None,
) -> HiddenStates:
    """The states of the given rows of a corpus, at every site and the given positions, in float32.

    The model is left as it came, in training or in evaluation mode.
    """
    blocks = find_blocks(model)
    shape = (len(rows), len(blocks.sites), len(positions), width_of(model))
    states = np.empty(shape, dtype=np.float32)
    beside: dict[str, np.ndarray] = {
        name: np.empty(len(rows), dtype=kind) for name, kind in BESIDE_STATES.items()
    }
    for batch, found in captured_batches(model, corpus, rows, positions, settings or CaptureSettings()):
        states[batch.rows] = found.states
        for name, values in beside.items():
            values[batch.rows] = getattr(found, name)
    return labeled(states, beside, blocks.sites, corpus, rows, step=step, positions=positions)


def captured_batches(
    model: PreTrainedModel,
    corpus: Corpus,
    rows: Int[np.ndarray, " example"],
    positions: tuple[str, ...],
    settings: CaptureSettings,
) -> Iterator[tuple[Batch, Captured]]:
    """Batch by batch, each with what it gave; `Batch.rows` are places in `rows`.

    Raises:
        ModelError: a prompt is too long for the model, or a state is not finite.
    """
    require_fitting(model, corpus, rows)
    with in_evaluation(model):
        forward = Forward(model, find_blocks(model), positions)
        for one in planned_batches(model, corpus, rows, settings):
            found = forward.run(one.batch, one.sequences, one.spans)
            batch = replace(one.batch, rows=one.batch.rows + one.first)
            require_finite(found, forward.blocks.sites, corpus, rows[batch.rows])
            yield batch, found


@dataclass(frozen=True)
class Planned:
    """A batch that is to be run.

    Attributes:
        batch: its rows are places in `sequences`.
        sequences, spans: of the portion of prompts that it chooses from.
        first: where that portion begins.
    """

    batch: Batch
    sequences: list[list[int]]
    spans: Spans
    first: int


def planned_batches(
    model: PreTrainedModel, corpus: Corpus, rows: Int[np.ndarray, " example"], settings: CaptureSettings
) -> Iterator[Planned]:
    """Every batch in turn, nothing run yet.

    Prompts are made ready a portion at a time, so that memory does not grow with their number.
    """
    for first, portion in _portions(rows):
        table = corpus.table.take(portion)
        sequences, spans = table["input_ids"].to_pylist(), corpus.spans(table)
        for batch in _batches(model, corpus, table, sequences, settings):
            yield Planned(batch, sequences, spans, first)


def _batches(
    model: PreTrainedModel,
    corpus: Corpus,
    table: pa.Table,
    sequences: list[list[int]],
    settings: CaptureSettings,
) -> Iterator[Batch]:
    shared = corpus.shared_lengths(table) if settings.share_beginnings else []
    if shared and saving(sequences, shared) >= _LEAST_SAVING and keeps_keys_and_values(model):
        return shared_batches(sequences, shared, settings.batch_tokens)
    return plain_batches(sequences, settings.batch_tokens)


def require_finite(
    found: Captured, sites: tuple[str, ...], corpus: Corpus, rows: Int[np.ndarray, " row"]
) -> None:
    """One value that is no number would spoil every cluster.

    Raises:
        ModelError: there is one; with its prompt and the first such site.
    """
    wrong = np.argwhere(~np.isfinite(found.states).all(axis=(2, 3)))
    if len(wrong):
        row, site = wrong[0]
        raise not_finite(f"the states of {name_of(corpus, rows[row])}", sites[site])


def name_of(corpus: Corpus, row: np.integer) -> str:
    """A prompt as its author knows it."""
    named = "id" in corpus.table.column_names
    return f"prompt {corpus.table['id'][int(row)].as_py()!r}" if named else f"prompt {int(row)}"


def labeled(
    states: np.ndarray,
    beside: Mapping[str, np.ndarray],
    sites: tuple[str, ...],
    corpus: Corpus,
    rows: Int[np.ndarray, " example"],
    *,
    step: int,
    positions: tuple[str, ...],
) -> HiddenStates:
    """States, what was read `beside` them, and everything that a corpus knows of their examples."""
    table = corpus.table.take(rows)
    return HiddenStates(
        states=states,
        sites=sites,
        positions=positions,
        split=np.asarray(table["split"].to_pylist()),
        labels={factor: values[rows] for factor, values in corpus.labels().items()},
        predicted=beside["predicted"],
        expected=corpus.first_answers(table),
        step=step,
        instruction_counts=corpus.token_bags(table),
        answered=beside["answered"] if max(corpus.answer_lengths(corpus.table)) > 1 else None,
        surprisal=beside["surprisal"],
        confidence=beside["confidence"],
        before_input=corpus.spans(corpus.table).before_input,
    )


def require_fitting(model: PreTrainedModel, corpus: Corpus, rows: Int[np.ndarray, " example"]) -> None:
    """Every prompt is short enough for the model, and all its tokens have embeddings.

    Raises:
        ModelError: one is not.
    """
    most, n_symbols, ids = most_tokens(model), most_symbols(model), corpus.table["input_ids"]
    for _, portion in _portions(rows):
        own = ids.take(pa.array(portion)).combine_chunks()
        lengths = pc.list_value_length(own).to_numpy(zero_copy_only=False)
        longest = int(lengths.argmax())
        if most is not None and lengths[longest] > most:
            raise ModelError(
                f"{name_of(corpus, portion[longest])} has {lengths[longest]} tokens with its answer, "
                f"and the model takes {most}",
                "Shorten it, or leave it out.",
            )
        highest = pc.max(own.flatten()).as_py()
        if highest is not None and highest >= n_symbols:
            raise ModelError(
                f"the tokenizer gives token {highest} ({corpus.text_of(highest)!r}), and the model has "
                f"embeddings for {n_symbols}",
                "Name a model with the tokenizer that it was trained with.",
            )


def _portions(rows: Int[np.ndarray, " example"]) -> Iterator[tuple[int, Int[np.ndarray, " portion"]]]:
    """Where each begins, and its rows."""
    for first in range(0, len(rows), PORTION):
        yield first, rows[first : first + PORTION]


@contextmanager
def in_evaluation(model: PreTrainedModel) -> Iterator[None]:
    """Within, the model is in evaluation mode; then as it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
