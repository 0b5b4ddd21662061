"""How prompts are put together for the forward pass.

This module hides that a batch holds prompts of like length and no more tokens than were asked for, so that
memory does not grow with their number, and that what prompts begin with alike is run once. A batch shares
only beginnings of one length, so that nothing is ever padded in front of a token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nucleate.lazy import Int


@dataclass(frozen=True)
class Batch:
    """Some prompts that are run together.

    Attributes:
        rows: which, by their place in what was to be batched.
        n_shared: tokens that each of them begins with and that are run once; 0 where none are.
        beginning: for each of `rows`, which of the distinct beginnings is its own.
    """

    rows: Int[np.ndarray, " row"]
    n_shared: int
    beginning: Int[np.ndarray, " row"]


def plain_batches(sequences: Sequence[Sequence[int]], batch_tokens: int) -> Iterator[Batch]:
    """Every sequence in full; a batch has one sequence, or as many as fit into `batch_tokens`."""
    order = sorted(range(len(sequences)), key=lambda row: len(sequences[row]))
    batch: list[int] = []
    for row in order:
        if batch and (len(batch) + 1) * len(sequences[row]) > batch_tokens:
            yield _unshared(batch)
            batch = []
        batch.append(row)
    if batch:
        yield _unshared(batch)


def shared_batches(
    sequences: Sequence[Sequence[int]], shared_lengths: Sequence[int], batch_tokens: int
) -> Iterator[Batch]:
    """Sequences that begin alike together; those that share with nobody come as `plain_batches` has them.

    Args:
        sequences: token ids.
        shared_lengths: how many of them may be run apart from the others.
        batch_tokens: at most so many in a batch, beginnings and padded remainders, or a single sequence.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, (ids, length) in enumerate(zip(sequences, shared_lengths, strict=True)):
        groups.setdefault(tuple(ids[:length]), []).append(row)
    by_length: dict[int, list[list[int]]] = {}
    alone: list[int] = []
    for begins, rows in groups.items():
        if len(rows) > 1 and begins:
            by_length.setdefault(len(begins), []).append(rows)
        else:
            alone += rows
    for batch in plain_batches([sequences[row] for row in alone], batch_tokens):
        yield _unshared([alone[place] for place in batch.rows])
    for n_shared in sorted(by_length):
        yield from _batches_of(by_length[n_shared], n_shared, sequences, batch_tokens)


def saving(sequences: Sequence[Sequence[int]], shared_lengths: Sequence[int]) -> float:
    """The share of all tokens that need not be run where what sequences begin with alike is run once."""
    pairs = zip(sequences, shared_lengths, strict=True)
    distinct = {tuple(ids[:length]) for ids, length in pairs}
    return (sum(shared_lengths) - sum(map(len, distinct))) / max(sum(map(len, sequences)), 1)


def _batches_of(
    groups: list[list[int]], n_shared: int, sequences: Sequence[Sequence[int]], batch_tokens: int
) -> Iterator[Batch]:
    """Groups of one length of beginning; a large group fills several batches, each with its beginning."""
    rows: list[int] = []
    beginning: list[int] = []
    width = 0
    for group in sorted(groups, key=lambda group: max(len(sequences[row]) for row in group)):
        number = max(beginning, default=-1) + 1
        for row in sorted(group, key=lambda row: len(sequences[row])):
            width = max(width, len(sequences[row]))
            if rows and (len(rows) + 1) * width > batch_tokens:
                yield Batch(np.array(rows), n_shared, np.array(beginning))
                rows, beginning, number, width = [], [], 0, len(sequences[row])
            rows.append(row)
            beginning.append(number)
    if rows:
        yield Batch(np.array(rows), n_shared, np.array(beginning))


def _unshared(rows: list[int]) -> Batch:
    return Batch(np.array(rows), 0, np.arange(len(rows)))
