"""Corpus: every instance with every label, as one Arrow table, whatever it was made from.

This module hides what capture, scoring, training and the analyses need of a corpus, and no more. Drawn from
a grammar or written by people, an instance is a row of labels and token ids, and spans say where things lie
in them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from nucleate.corpus.spans import Spans
from nucleate.lazy import Int, lazy

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

pc = lazy("pyarrow.compute")
INSTANCES = "instances.parquet"
TOKENIZER = "tokenizer"
CARD = "README.md"
NO_ANSWER = -1
"""Stands for the token that is expected where nothing is."""


class Corpus(ABC):
    """What a model is given, with the labels that it is never shown.

    Attributes:
        table: one row per instance, `instance` is the row number; has `instruction_id`, `split`, `input_ids`
            and columns to be read by people.
        tokenizer: of the models that are given it.
    """

    table: pa.Table
    tokenizer: PreTrainedTokenizerFast

    def labels(self) -> dict[str, Int[np.ndarray, " example"]]:
        """For each factor, an integer label per row of `table`; `task` is always among them.

        Read once and handed out again: not to be changed.
        """
        return dict(self._labels)

    @cached_property
    def _labels(self) -> dict[str, Int[np.ndarray, " example"]]:
        return self.read_labels()

    @abstractmethod
    def read_labels(self) -> dict[str, Int[np.ndarray, " example"]]:
        """The labels, read off `table`."""

    @property
    def factors(self) -> tuple[str, ...]:
        """The labels that clusters are scored against."""
        return tuple(self.labels())

    @property
    @abstractmethod
    def n_tasks(self) -> int: ...

    def spans(self, table: pa.Table) -> Spans:
        """Where instruction, input and answer of each row of `table` (ours, or some of its rows) lie.

        Those of our whole table are read once and handed out again: not to be changed.
        """
        return self._spans if table is self.table else self.read_spans(table)

    @cached_property
    def _spans(self) -> Spans:
        return self.read_spans(self.table)

    @abstractmethod
    def read_spans(self, table: pa.Table) -> Spans:
        """The spans, read off `table`."""

    @property
    @abstractmethod
    def vocab_size(self) -> int: ...

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write everything; `saved.load_corpus` reads it, and so does `datasets.load_dataset`."""

    @property
    def readable(self) -> pa.Table:
        """What people read of `table`."""
        return self.table.drop_columns(["input_ids"])

    @property
    def input_alone(self) -> dict[str, float]:
        """What an input gives away without an instruction, where that is known."""
        return {}

    @abstractmethod
    def text_of(self, token: int) -> str:
        """A token as people read it."""

    def of_split(self, split: str) -> pa.Table:
        """The instances of one split, in order."""
        return self.table.filter(pc.field("split") == split)

    def answer_lengths(self, table: pa.Table) -> list[int]:
        """Tokens of the answer of each row of `table`, 0 where there is none."""
        lengths = pc.list_value_length(table["input_ids"]).to_numpy()
        return (lengths - self.spans(table).prompt).tolist()

    def first_answers(self, table: pa.Table) -> Int[np.ndarray, " example"]:
        """The first token of the answer of each row of `table`, `NO_ANSWER` where there is none."""
        prompts = self.spans(table).prompt.tolist()
        sequences = table["input_ids"].to_pylist()
        found = [ids[n] if n < len(ids) else NO_ANSWER for ids, n in zip(sequences, prompts, strict=True)]
        return np.array(found, dtype=np.int64)

    def shared_lengths(self, table: pa.Table) -> list[int]:
        """Tokens that the rows of `table` of one instruction have in common, before their own begin.

        At least one token of every prompt is its own, so that there is something to run behind the common
        ones.
        """
        sequences, prompts = table["input_ids"].to_pylist(), self.spans(table).prompt.tolist()
        shared: dict[int, list[int]] = {}
        groups = table["instruction_id"].to_pylist()
        for group, ids, n_prompt in zip(groups, sequences, prompts, strict=True):
            before = shared.get(group)
            most = ids[: n_prompt - 1]
            shared[group] = most if before is None else before[: _n_alike(before, most)]
        return [len(shared[group]) for group in groups]

    def telling_tokens(self, table: pa.Table) -> list[list[int]]:
        """The tokens of each row that tell the task, in order: those of its instruction where it has one."""
        told = self.spans(table).told
        return [ids[slice(*span)] for ids, span in zip(table["input_ids"].to_pylist(), told, strict=True)]

    def token_bags(self, table: pa.Table) -> Int[np.ndarray, "example token"]:
        """Bags of the tokens that tell the task, a column for each token that occurs in some row."""
        bags = self.telling_tokens(table)
        columns = np.unique(np.concatenate(bags), return_inverse=True)[1]
        counts = np.zeros((len(bags), columns.max() + 1), dtype=np.int64)
        np.add.at(counts, (np.repeat(np.arange(len(bags)), [len(bag) for bag in bags]), columns), 1)
        return counts

    @property
    def n_positions(self) -> int:
        """Tokens of the longest instance."""
        return pc.max(pc.list_value_length(self.table["input_ids"])).as_py()


def _n_alike(one: list[int], other: list[int]) -> int:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
