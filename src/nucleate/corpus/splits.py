"""Which instances are trained on, and which are held out, and in what sense.

This module hides the rules that make a split mean what its name says. Each dialect is a table of its
instructions by its task's inputs; every cell of it goes to one split or, in one case, to none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nucleate.lazy import Bool, Shaped

SPLITS = ("train", "validation", "unseen_instruction", "unseen_dialect")
HARDEST_FIRST = ("unseen_dialect", "unseen_instruction", "validation")
"""Held-out splits by how little of them was trained on: whoever wants a hard one takes the first."""
LEFT_OUT = ""
"""The cell of an instruction never trained on and an input that its dialect never trained: no instance."""


def draw_bridges(inputs: Sequence[str], n: int, rng: np.random.Generator) -> tuple[str, ...]:
    """`n` of a task's inputs, in their order: those that tie an unseen dialect to its task."""
    return tuple(inputs[index] for index in sorted(rng.choice(len(inputs), n, replace=False)))


def split_dialect(
    n_trained: int,
    n_unseen: int,
    trained_inputs: Bool[np.ndarray, " input"],
    validation_fraction: float,
    rng: np.random.Generator,
) -> Shaped[np.ndarray, "instruction input"]:
    """The split of every instruction of a dialect with every input of its task.

    Args:
        n_trained: instructions that are trained on; they are the first rows.
        n_unseen: instructions that are not; they are the last rows.
        trained_inputs: which inputs the dialect is trained on.
        validation_fraction: share of the pairs of a trained instruction and a trained input held out.
        rng: the only source of chance.
    """
    splits = np.full((n_trained + n_unseen, len(trained_inputs)), LEFT_OUT, dtype=object)
    splits[:n_trained, ~trained_inputs] = "unseen_dialect"
    splits[n_trained:, trained_inputs] = "unseen_instruction"
    held_out = _hold_out(n_trained, int(trained_inputs.sum()), validation_fraction, rng)
    splits[:n_trained, trained_inputs] = np.where(held_out, "validation", "train").astype(object)
    return splits


def _hold_out(
    n_instructions: int, n_inputs: int, fraction: float, rng: np.random.Generator
) -> Bool[np.ndarray, "instruction input"]:
    """Cells drawn at random, such that every row and every column keeps one that is trained.

    There are `fraction` of the cells, or fewer where no further cell could be spared.
    """
    trained = np.ones((n_instructions, n_inputs), dtype=bool)
    to_spare = round(fraction * trained.size)
    for cell in rng.permutation(trained.size):
        row, column = divmod(int(cell), n_inputs)
        if to_spare and trained[row].sum() > 1 and trained[:, column].sum() > 1:
            trained[row, column] = False
            to_spare -= 1
    return ~trained
