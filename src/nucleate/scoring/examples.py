"""Which examples a figure is of.

This module hides that an instruction's instances share one state wherever the input is not yet seen. Copies
of a state gather whatever the model does, so at those positions an instruction counts once; and only where
its instances have states of their own can it be asked whether they gather by instruction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.lazy import Float, Int

ONCE = "once"
"""One example per instruction."""
UNIT = "instruction"
"""The factor whose examples hang together where no groups are given."""


@dataclass(frozen=True)
class Sample:
    """The examples that one position of one split has for some factors.

    Attributes:
        name: `all`, `once` (one example per instruction), or `repeated` (instructions with several).
        rows: of the states that it was chosen from.
        points: their states, a block of examples per site.
        labels: for each factor that is scored on them.
        units: what is resampled together: a group that was given, or the instances of one instruction.
        token_counts: bags of the instructions' tokens, where they are known.
        instructions: of each example, or its group, where known: what is tested leaves its own out.
        across: groups, such as dialects; `ari_across` asks pairs of different ones. None: there are none.
        unit: the factor that is what examples hang together by; empty where groups were given apart from it.
    """

    name: str
    rows: Int[np.ndarray, " example"]
    points: Float[np.ndarray, "site example n_embd"]
    labels: dict[str, Int[np.ndarray, " example"]]
    units: Int[np.ndarray, " example"]
    token_counts: Int[np.ndarray, "example token"] | None = None
    instructions: Int[np.ndarray, " example"] | None = None
    across: Int[np.ndarray, " example"] | None = None
    unit: str = UNIT


def samples_at(
    states: HiddenStates, position: str, factors: tuple[str, ...], across: str = ""
) -> list[Sample]:
    """The samples of one split at one position, each with its factors; some may be empty.

    `across` names the factor whose groups pairs are asked across; it need not be there.

    A factor whose labels are all one, or all different, has no partition to agree with and is left out.
    """
    told, units = _told(states), units_of(states)
    shared, unit = units if told is None else told, UNIT if states.groups is None else ""
    chosen = {factor: _kind(position in states.before_input, factor == unit) for factor in factors}
    samples = []
    for name in dict.fromkeys(chosen.values()):
        rows = _rows(name, shared)
        labels = {
            factor: states.labels[factor][rows]
            for factor, kind in chosen.items()
            if kind == name and 1 < len(np.unique(states.labels[factor][rows])) < len(rows)
        }
        if labels:
            counts = None if states.instruction_counts is None else states.instruction_counts[rows]
            points = states.at(position)[:, rows]
            own = None if stand_alone(states) else units[rows]
            groups = states.labels[across][rows] if across in states.labels else None
            samples.append(Sample(name, rows, points, labels, units[rows], counts, own, groups, unit))
    return samples


def is_held_out(sample: Sample, train: Sample) -> bool:
    """Whether no instruction of the sample was trained on."""
    own, trained = sample.instructions, train.instructions
    return own is not None and trained is not None and not np.isin(own, trained).any()


def cut_down(train: Sample, sample: Sample, seed: int) -> Sample:
    """As many examples of `train` as `sample` has, of the same groups (dialects) where there are as many."""
    groups, wanted = np.zeros(len(train.rows), dtype=np.int64), {0: len(sample.rows)}
    if train.across is not None and sample.across is not None:
        of_each = dict(zip(*np.unique(sample.across, return_counts=True), strict=True))
        if all((train.across == group).sum() >= n for group, n in of_each.items()):
            groups, wanted = train.across, of_each
    order = np.random.default_rng(seed).permutation(len(groups))
    chosen = np.sort(np.concatenate([order[groups[order] == group][:n] for group, n in wanted.items()]))
    labels = {factor: each[chosen] for factor, each in train.labels.items() if factor in sample.labels}
    return replace(
        train,
        rows=train.rows[chosen],
        points=train.points[:, chosen],
        labels={factor: each for factor, each in labels.items() if 1 < len(np.unique(each)) < len(each)},
        units=train.units[chosen],
        token_counts=None if train.token_counts is None else train.token_counts[chosen],
        instructions=None if train.instructions is None else train.instructions[chosen],
        across=None if train.across is None else train.across[chosen],
    )


def _told(states: HiddenStates) -> Int[np.ndarray, " example"] | None:
    return states.labels.get(UNIT) if states.groups is None else states.groups


def units_of(states: HiddenStates) -> Int[np.ndarray, " example"]:
    """What is resampled together: given groups, whatever labels they hold; else the instances of one
    instruction, or each example by itself (`stand_alone`).
    """
    told = _told(states)
    return np.arange(len(states.split)) if told is None or stand_alone(states) else told


def stand_alone(states: HiddenStates) -> bool:
    """Whether each example is resampled by itself.

    That is so where no groups were given and there are no instructions, or they do not tell the task: of
    prompts to classify, all with one instruction, the label belongs to the input.
    """
    told, task = _told(states), states.labels.get("task")
    is_given = states.groups is not None
    return told is None or (not is_given and task is not None and not has_one_task(told, task))


def has_one_task(instruction: Int[np.ndarray, " example"], task: Int[np.ndarray, " example"]) -> bool:
    """Whether no instruction is given for two tasks."""
    pairs = np.unique(np.stack([instruction, task], axis=1), axis=0)
    return len(pairs) == len(np.unique(instruction))


def rows_of_factor(
    factor: str, units: Int[np.ndarray, " example"], is_before_input: bool
) -> Int[np.ndarray, " chosen"]:
    """Of examples of one split those that a factor is scored on at a position; see `Sample.name`."""
    return _rows(_kind(is_before_input, factor == UNIT), units)


def _kind(is_before_input: bool, is_unit: bool) -> str:
    if is_before_input:
        return ONCE
    return "repeated" if is_unit else "all"


def _rows(name: str, units: Int[np.ndarray, " example"]) -> Int[np.ndarray, " chosen"]:
    _, first, inverse, sizes = np.unique(units, return_index=True, return_inverse=True, return_counts=True)
    if name == ONCE:
        return np.sort(first)
    return np.flatnonzero(sizes[inverse] > 1) if name == "repeated" else np.arange(len(units))
