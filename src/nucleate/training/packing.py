"""Shared-prefix packing: one row holds an instruction once, and all its inputs behind it.

`[I; x1; y1]`, `[I; x2; y2]`, ... share `I`. A row is `I` followed by one *branch* per instance; a branch
sees `I` and itself, never another branch, and its positions go on from `I`. The loss is that of
the unpacked instances, exactly: a token of `I` is predicted once and counts once per instance. The last
token of an instance is only ever a target, so it is left out of the row.

This module hides how rows, masks and targets are laid out in arrays, built for a whole corpus at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from nucleate.lazy import Bool, Float, Int
from nucleate.training.packed_attention import Layout

PREDICTED = {
    "sequence": frozenset({"instruction", "input", "answer"}),
    "answer": frozenset({"answer"}),
    "input_answer": frozenset({"input", "answer"}),
    "instruction_answer": frozenset({"instruction", "answer"}),
}
"""The parts of `[I; x; y]` whose tokens each objective predicts."""
WIDTH_STEP = 16
"""Rows are as wide as a multiple of this: on a CPU softmax took ten times as long at 15 tokens as at 16."""


@dataclass(frozen=True)
class PackedBatch:
    """Rows as a model takes them, and what it is to predict at which place.

    Attributes:
        input_ids: the tokens of all rows in one line, without padding.
        position_ids: each token's position in its own instance.
        visible: True where a row's token (third axis) may see another (fourth).
        layout: which token lies where in the rows.
        places: the token at which each prediction is made.
        targets: the token to predict there.
        weights: how many instances make that same prediction.
        answer: 0, or where the target belongs to an output y, the number of that output in the batch.
    """

    input_ids: Int[torch.Tensor, "1 token"]
    position_ids: Int[torch.Tensor, "1 token"]
    visible: Bool[torch.Tensor, "row 1 width width"]
    layout: Layout
    places: Int[torch.Tensor, " prediction"]
    targets: Int[torch.Tensor, " prediction"]
    weights: Float[torch.Tensor, " prediction"]
    answer: Int[torch.Tensor, " prediction"]


@dataclass(frozen=True)
class PackedRows:
    """All rows of a split, ready to be drawn from.

    Attributes:
        input_ids, position_ids: tokens padded with zeros.
        branch: 0 for the instruction, i for the i-th instance of a row, -1 for padding.
        lengths: tokens per row.
        predictions: `(column, target, weight, answer)` of all rows, one row after the other; `answer` is the
            branch whose output the target belongs to, or 0.
        prediction_starts: where each row's predictions begin, and one more entry for the end.
    """

    input_ids: Int[np.ndarray, "row token"]
    position_ids: Int[np.ndarray, "row token"]
    branch: Int[np.ndarray, "row token"]
    lengths: Int[np.ndarray, " row"]
    predictions: Int[np.ndarray, "prediction 4"]
    prediction_starts: Int[np.ndarray, " row_and_end"]

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, rows: Int[np.ndarray, " row"], device: torch.device) -> PackedBatch:
        """The given rows as one batch, its rows side by side."""
        held, lengths = self.branch[rows] >= 0, self.lengths[rows]
        branch = _widened(self.branch[rows], -(-int(lengths.max()) // WIDTH_STEP) * WIDTH_STEP)
        starts, ends = self.prediction_starts[rows], self.prediction_starts[rows + 1]
        taken = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
        column, target, weight, answer = torch.from_numpy(self.predictions[taken]).to(device).unbind(1)
        row_of = torch.from_numpy(np.repeat(np.arange(len(rows)), ends - starts)).to(device)
        first = torch.from_numpy(np.cumsum(lengths) - lengths).to(device)
        return PackedBatch(
            input_ids=torch.from_numpy(self.input_ids[rows][held])[None].to(device),
            position_ids=torch.from_numpy(self.position_ids[rows][held])[None].to(device),
            visible=_visible(torch.from_numpy(branch).to(device)),
            layout=Layout.of(torch.from_numpy(branch >= 0).to(device)),
            places=first[row_of] + column,
            targets=target,
            weights=weight.to(torch.float32),
            answer=torch.where(answer > 0, answer + row_of * (answer.max() + 1), 0),
        )


def pack(
    sequences: Sequence[Sequence[int]],
    shared_lengths: Sequence[int],
    answer_lengths: Sequence[int],
    groups: Sequence[Hashable],
    objective: str,
) -> PackedRows:
    """Lay out instances `[I; x; y]` that share an instruction in one row each.

    Args:
        sequences: token ids of each instance.
        shared_lengths: tokens of I, or as many as the instances of a group begin with alike.
        answer_lengths: tokens of y.
        groups: instances of one group share I; a group makes a row, in order of first appearance.
        objective: which tokens are predicted, one of `PREDICTED`.
    """
    members: dict[Hashable, list[int]] = {}
    for instance, group in enumerate(groups):
        members.setdefault(group, []).append(instance)
    rows = [
        _Row.of(
            [list(sequences[i]) for i in instances],
            shared_lengths[instances[0]],
            [answer_lengths[i] for i in instances],
            PREDICTED[objective],
        )
        for instances in members.values()
    ]
    return PackedRows(
        input_ids=_padded([row.tokens for row in rows], 0),
        position_ids=_padded([row.positions for row in rows], 0),
        branch=_padded([row.branches for row in rows], -1),
        lengths=np.array([len(row.tokens) for row in rows]),
        predictions=np.array([prediction for row in rows for prediction in row.predictions], dtype=np.int64),
        prediction_starts=np.cumsum([0, *(len(row.predictions) for row in rows)]),
    )


@dataclass(frozen=True)
class _Row:
    tokens: list[int]
    positions: list[int]
    branches: list[int]
    predictions: list[tuple[int, int, int, int]]

    @classmethod
    def of(
        cls, instances: list[list[int]], n_shared: int, n_answer: list[int], predicted: frozenset[str]
    ) -> _Row:
        shared = instances[0][:n_shared]
        row = cls(list(shared), list(range(n_shared)), [0] * n_shared, [])
        if "instruction" in predicted:
            row.predictions.extend((t - 1, shared[t], len(instances), 0) for t in range(1, n_shared))
        for branch, (instance, answer) in enumerate(zip(instances, n_answer, strict=True), start=1):
            assert instance[:n_shared] == shared, "instances of one row share their instruction"
            row._add_branch(branch, instance[n_shared:], answer, predicted)
        return row

    def _add_branch(self, branch: int, suffix: list[int], n_answer: int, predicted: frozenset[str]) -> None:
        n_shared, first = self.branches.count(0), len(self.tokens)
        for t, target in enumerate(suffix):
            is_answer = t >= len(suffix) - n_answer
            has_one_before = t > 0 or n_shared > 0
            if has_one_before and ("answer" if is_answer else "input") in predicted:
                column = first + t - 1 if t else n_shared - 1
                self.predictions.append((column, target, 1, branch * is_answer))
        self.tokens.extend(suffix[:-1])
        self.positions.extend(range(n_shared, n_shared + len(suffix) - 1))
        self.branches.extend([branch] * (len(suffix) - 1))


def _padded(values: list[list[int]], fill: int) -> Int[np.ndarray, "row token"]:
    result = np.full((len(values), max(map(len, values), default=0)), fill, dtype=np.int64)
    for row, row_values in zip(result, values, strict=True):
        row[: len(row_values)] = row_values
    return result


def _widened(branch: Int[np.ndarray, "row token"], width: int) -> Int[np.ndarray, "row width"]:
    result, kept = np.full((len(branch), width), -1), min(width, branch.shape[1])
    result[:, :kept] = branch[:, :kept]
    return result


def _visible(branch: Int[torch.Tensor, "row token"]) -> Bool[torch.Tensor, "row 1 token token"]:
    """Earlier tokens of the instruction or of one's own branch; padding sees its like and is never seen."""
    n_tokens = branch.shape[1]
    earlier = torch.ones(n_tokens, n_tokens, dtype=torch.bool, device=branch.device).tril()
    seen, seeing = branch[:, None, :], branch[:, :, None]
    return (earlier & ((seen == 0) | (seen == seeing)))[:, None]
