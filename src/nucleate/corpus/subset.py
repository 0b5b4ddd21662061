"""The sample of instances that is analyzed: some of the tasks, as in the paper.

This module hides how a sample is kept balanced over tasks where they differ in how many instances they
have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nucleate.corpus.corpus import Corpus
from nucleate.lazy import Int
from nucleate.resampling.named_seeds import stream


def analysis_subset(
    corpus: Corpus,
    n_tasks: int,
    n_examples: int,
    splits: Sequence[str],
    seed: int,
    per_instruction: int | None = None,
    whole_instructions: float = 0.0,
) -> Int[np.ndarray, " example"]:
    """Rows of `corpus.table`: of each split up to `n_examples`, spread evenly over the same tasks.

    A pure function of its arguments; what is drawn of one split does not depend on the others.

    Args:
        corpus: what to draw from.
        n_tasks: how many tasks, drawn at random; all of them where the corpus has no more.
        n_examples: instances of each split, or all that the tasks have where these are fewer.
        splits: which splits; rows come split after split, in order within each.
        seed: of the sample, not of the corpus.
        per_instruction: instances of one instruction in a split, at most. They share their state at the last
            instruction token, and copies of one state gather whatever the model does.
        whole_instructions: share of `n_examples` that are all instances of a few instructions, those with two
            or more in the split; `per_instruction` holds for the others.
    """
    n_chosen = min(n_tasks, corpus.n_tasks)
    chosen = stream(seed, "subset", "tasks").choice(corpus.n_tasks, n_chosen, replace=False)
    task, split = corpus.labels()["task"], corpus.table["split"].to_numpy(zero_copy_only=False)
    instruction = corpus.table["instruction_id"].to_numpy()
    samples = []
    for name in splits:
        rows = np.flatnonzero((split == name) & np.isin(task, chosen))
        rows = stream(seed, "subset", name).permutation(rows)
        whole = _whole(rows, instruction, task, int(whole_instructions * n_examples))
        others = rows[~np.isin(instruction[rows], instruction[whole])]
        if per_instruction is not None:
            others = others[_turns(instruction[others]) < per_instruction]
        in_turns = others[np.argsort(_turns(task[others]), kind="stable")]
        samples.append(np.sort(np.concatenate([whole, in_turns[: n_examples - len(whole)]])))
    return np.concatenate([np.empty(0, dtype=np.int64), *samples])


def centroid_rows(corpus: Corpus, n_examples: int, seed: int) -> Int[np.ndarray, " example"]:
    """Rows of `corpus.table` that task centroids are taken from: train instances, spread over all tasks.

    A dialect of which some inputs are held out is left out, so that no unseen instance shares a state
    with the centroid that it is held against. Fewer than `n_examples` are left where there is one.
    """
    held_out = corpus.table["split"].to_numpy(zero_copy_only=False) == "unseen_dialect"
    rows = analysis_subset(corpus, corpus.n_tasks, n_examples, ("train",), seed)
    dialect = corpus.labels().get("dialect")
    if dialect is None:
        return rows
    return rows[~np.isin(dialect[rows], np.unique(dialect[held_out]))]


def _whole(
    rows: Int[np.ndarray, " row"],
    instruction: Int[np.ndarray, " all"],
    task: Int[np.ndarray, " all"],
    n_examples: int,
) -> Int[np.ndarray, " whole"]:
    """All of `rows` that belong to some instructions with two or more, task by task, up to `n_examples`."""
    first = rows[_turns(instruction[rows]) == 0]
    sizes = np.bincount(instruction[rows], minlength=len(instruction))[instruction[first]]
    first, sizes = first[sizes > 1], sizes[sizes > 1]
    in_turns = np.argsort(_turns(task[first]), kind="stable")
    chosen = first[in_turns][sizes[in_turns].cumsum() <= n_examples]
    return rows[np.isin(instruction[rows], instruction[chosen])]


def _turns(groups: Int[np.ndarray, " row"]) -> Int[np.ndarray, " row"]:
    """How often each row's group has come before it: so every group has its first, then its second."""
    order = np.argsort(groups, kind="stable")
    begins = np.flatnonzero(np.diff(groups[order], prepend=-1))
    turns = np.empty_like(order)
    turns[order] = np.arange(len(groups)) - np.repeat(begins, np.diff(begins, append=len(groups)))
    return turns
