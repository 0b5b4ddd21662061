"""The sample of instances that is analysed: some of the tasks, as in the paper.

Hidden here: how a sample is kept balanced over tasks where they differ in how many instances they have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from nucleate.corpus.corpus import Corpus
from nucleate.corpus.instances import stream


def analysis_subset(
    corpus: Corpus, n_tasks: int, n_examples: int, splits: Sequence[str], seed: int
) -> Int[np.ndarray, " example"]:
    """Rows of `corpus.table`: of each split up to `n_examples`, spread evenly over the same tasks.

    A pure function of its arguments; what is drawn of one split does not depend on the others.

    Args:
        corpus: what to draw from.
        n_tasks: how many tasks, drawn at random; all of them where the corpus has no more.
        n_examples: instances of each split, or all that the tasks have where these are fewer.
        splits: which splits; rows come split after split, in order within each.
        seed: of the sample, not of the corpus.
    """
    n_chosen = min(n_tasks, len(corpus.tasks))
    chosen = stream(seed, "subset", "tasks").choice(len(corpus.tasks), n_chosen, replace=False)
    task, split = corpus.table["task"].to_numpy(), corpus.table["split"].to_numpy(zero_copy_only=False)
    samples = []
    for name in splits:
        rows = np.flatnonzero((split == name) & np.isin(task, chosen))
        rng = stream(seed, "subset", name)
        samples.append(np.sort(_in_turns(rng.permutation(rows), task)[:n_examples]))
    return np.concatenate([np.empty(0, dtype=np.int64), *samples])


def _in_turns(rows: Int[np.ndarray, " row"], task: Int[np.ndarray, " example"]) -> Int[np.ndarray, " row"]:
    """The rows reordered so that every task has one, then every task a second, and so on."""
    taken: dict[int, int] = {}
    turns = []
    for row in rows:
        turns.append(taken.get(task[row], 0))
        taken[task[row]] = turns[-1] + 1
    return rows[np.argsort(turns, kind="stable")]
