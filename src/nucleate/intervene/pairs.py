"""Which instances are intervened on, and whose states they are given.

This module hides how an instance of A finds an instance of B with the same input, the same length and
another answer. Since their prompts have the same tokens around instructions of the same length, the two
differ in nothing but the words of their instructions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nucleate.corpus.corpus import Corpus
from nucleate.errors import NobodyToPairError
from nucleate.lazy import Bool, Float, Int
from nucleate.resampling.named_seeds import stream

DONOR_SPLIT = "train"


@dataclass(frozen=True)
class Pairs:
    """Instances of a task A, each beside instances that it is compared with or changed by.

    Attributes:
        rows: instances of A, as rows of the corpus' table.
        donors: of a task B each: another answer; the same but for the words of the instruction.
        twins: of A each: another instruction; the same but for its words.
        tasks: A, B, and two tasks C and D that are neither.
        answers: the first token of A's and of B's answer.
        units: the instruction of `rows`, the unit of resampling.
        inputs: the input of `rows`, as a label.
        next_own: the tokens that follow instructions of A and never of B, and of B and never of A, in train.
        guessed: how often who sees the input alone, and gives its commonest answer in train, is right of A.
    """

    rows: Int[np.ndarray, " pair"]
    donors: Int[np.ndarray, " pair"]
    twins: Int[np.ndarray, " pair"]
    tasks: Int[np.ndarray, "pair 4"]
    answers: Int[np.ndarray, "pair 2"]
    units: Int[np.ndarray, " pair"]
    inputs: Int[np.ndarray, " pair"]
    next_own: Bool[np.ndarray, "pair 2 vocabulary"]
    guessed: Float[np.ndarray, " pair"]

    def __len__(self) -> int:
        return len(self.rows)


def tells_pairs(corpus: Corpus) -> bool:
    """Whether instances can be compared at all: prompts tell their instruction, input and answer."""
    return {"instruction", "input", "output"} <= set(corpus.labels())


def draw_pairs(corpus: Corpus, split: str, n_pairs: int, seed: int) -> Pairs:
    """Up to `n_pairs` pairs, sources drawn from `split`, donors and twins from the train split.

    Raises:
        NobodyToPairError: there is no pair, or there are fewer than four tasks.
    """
    if not tells_pairs(corpus):
        raise NobodyToPairError(
            "interventions need prompts that tell their instruction, input and answer",
            "Give every prompt the fields `instruction`, `input` and `answer`.",
        )
    if corpus.n_tasks < 4:
        raise NobodyToPairError(
            f"interventions compare four tasks, and the corpus has {corpus.n_tasks}",
            "Set corpus.n_tasks to 4 or more, or intervene.in_run=false.",
        )
    found = list(_draw(corpus, split, n_pairs, stream(seed, "pairs")))
    if not found:
        raise NobodyToPairError(
            f"no instance of {split} has a partner: another task with the same input, the same length, the "
            "same tokens around its instruction and another answer, and an instruction of its own task of "
            "that length",
            "Give each task more instructions (corpus.n_variants of grammars, corpus.n_phrasings of facts), "
            "or set intervene.in_run=false.",
        )
    rows, donors, twins, tasks = (np.array(column) for column in zip(*found, strict=True))
    answers = np.stack([_answers(corpus, rows), _answers(corpus, donors)], axis=1)
    labels = corpus.labels()
    return Pairs(
        rows,
        donors,
        twins,
        tasks,
        answers,
        units=labels["instruction"][rows],
        inputs=labels["input"][rows],
        next_own=_next_own(corpus, tasks),
        guessed=_guessed(corpus, rows),
    )


def _next_own(corpus: Corpus, tasks: Int[np.ndarray, "pair 4"]) -> Bool[np.ndarray, "pair 2 vocabulary"]:
    """What comes next behind the last instruction token tells two tasks apart where their inputs differ."""
    table = corpus.of_split(DONOR_SPLIT)
    spans = corpus.spans(table)
    assert spans.instruction is not None
    behind, sequences = spans.instruction[:, 1].tolist(), table["input_ids"].to_pylist()
    is_train = corpus.table["split"].to_numpy(zero_copy_only=False) == DONOR_SPLIT
    follows = np.zeros((corpus.labels()["task"].max() + 1, corpus.vocab_size), dtype=bool)
    following = [ids[end] for ids, end in zip(sequences, behind, strict=True)]
    follows[corpus.labels()["task"][is_train], following] = True
    of_a, of_b = follows[tasks[:, 0]], follows[tasks[:, 1]]
    return np.stack([of_a & ~of_b, of_b & ~of_a], axis=1)


def _draw(
    corpus: Corpus, split: str, n_pairs: int, rng: np.random.Generator
) -> Iterator[tuple[int, int, int, tuple[int, int, int, int]]]:
    """A source, its donor, its twin, and the four tasks."""
    task = corpus.labels()["task"]
    kinds = _kinds(corpus)
    splits = corpus.table["split"].to_numpy(zero_copy_only=False)
    instruction = corpus.labels()["instruction"]
    answer = _answers(corpus, np.arange(len(task)))
    pool: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row in np.flatnonzero(splits == DONOR_SPLIT).tolist():
        pool[kinds[row]].append(row)
    left = n_pairs
    for row in rng.permutation(np.flatnonzero(splits == split)):
        near = np.array(pool[kinds[row]], dtype=np.int64)
        twins = near[(task[near] == task[row]) & (instruction[near] != instruction[row])]
        donors = near[(task[near] != task[row]) & (answer[near] != answer[row])]
        if left == 0:
            return
        if len(twins) and len(donors):
            left -= 1
            b = rng.choice(np.unique(task[donors]))
            others = np.setdiff1d(np.unique(task), [task[row], b])
            c, d = rng.choice(others, 2, replace=False)
            yield row, rng.choice(donors[task[donors] == b]), rng.choice(twins), (task[row], b, c, d)


def _kinds(corpus: Corpus) -> list[tuple[int, ...]]:
    """What two instances must share to be compared: all but the words of their instructions.

    That is the input, where in the tokens things lie, and the tokens of the prompt around the instruction.
    """
    spans = corpus.spans(corpus.table)
    assert spans.instruction is not None and spans.input is not None
    inputs = corpus.labels()["input"][:, None]
    places = np.concatenate([inputs, spans.instruction, spans.input, spans.prompt[:, None]], axis=1)
    around = zip(
        corpus.table["input_ids"].to_pylist(), spans.instruction.tolist(), spans.prompt.tolist(), strict=True
    )
    return [
        (*place, *ids[:start], *ids[end:n_prompt])
        for place, (ids, (start, end), n_prompt) in zip(places.tolist(), around, strict=True)
    ]


def _guessed(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
    """Ties among the commonest answers count as a draw of one of them."""
    inputs, answers = corpus.labels()["input"], _answers(corpus, np.arange(corpus.table.num_rows))
    is_train = corpus.table["split"].to_numpy(zero_copy_only=False) == DONOR_SPLIT
    shares = {}
    for x in np.unique(inputs[rows]):
        given, counts = np.unique(answers[is_train & (inputs == x)], return_counts=True)
        commonest = given[counts == counts.max()]
        shares[x] = {int(answer): 1.0 / len(commonest) for answer in commonest}
    return np.array([shares[inputs[row]].get(int(answers[row]), 0.0) for row in rows])


def _answers(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> Int[np.ndarray, " row"]:
    """The first token of each row's answer."""
    return corpus.first_answers(corpus.table.take(rows))
