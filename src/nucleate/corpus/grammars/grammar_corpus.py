"""A corpus drawn from random grammars: its table, and the tasks behind it.

This module hides how it lies in its folder and comes back from it, and how token ids and labels follow from
the words. Neither torch nor transformers is loaded before the tokenizer is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nucleate.corpus.corpus import CARD, INSTANCES, TOKENIZER, Corpus
from nucleate.corpus.dataset_card import dataset_card, write_splits
from nucleate.corpus.grammars.instances import SCHEMA, Dialect, WordedTask, build_instances
from nucleate.corpus.grammars.tasks import input_alone, input_name, output_name
from nucleate.corpus.settings import CorpusSettings
from nucleate.corpus.spans import Spans, draw_tokens
from nucleate.corpus.tokenizer import build_tokenizer, build_vocabulary
from nucleate.errors import CorpusError
from nucleate.foreign_files import read_parquet
from nucleate.lazy import Int

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TASKS = "tasks.json"


@dataclass(frozen=True)
class GrammarCorpus(Corpus):
    """What a model is taught, with the labels that it is never shown.

    Attributes:
        settings: what the corpus was built from, together with `seed`.
        seed: the same settings and seed give the same corpus, byte for byte.
        table: one row per instance, with the columns of `instances.SCHEMA`; `instance` is the row number.
        tasks: function and dialects of every task, in the order of the `task` column.
    """

    settings: CorpusSettings
    seed: int
    table: pa.Table
    tasks: tuple[WordedTask, ...]

    @classmethod
    def build(cls, settings: CorpusSettings, seed: int) -> GrammarCorpus:
        """Raises CorpusError where the settings ask for more than the grammar gives."""
        tasks, table = build_instances(settings, _vocabulary(settings), seed)
        return cls(settings, seed, table, tasks)

    @classmethod
    def load(cls, folder: Path) -> GrammarCorpus:
        """Raises CorpusError where the folder does not hold a whole corpus."""
        try:
            document = json.loads((folder / TASKS).read_text(encoding="utf-8"))
            # In one piece, or every look at some rows would first put all of it together.
            table = read_parquet(folder / INSTANCES).cast(SCHEMA).combine_chunks()
            tasks = tuple(map(_task_from_json, document["tasks"]))
            settings, seed = document["settings"], document["seed"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorpusError(
                f"{folder} does not hold a whole corpus: {error}", "Build it again with: nucleate corpus"
            ) from None
        return cls(CorpusSettings.from_mapping(settings, str(folder / TASKS)), seed, table, tasks)

    def save(self, folder: Path) -> None:
        """Write instances, tasks, tokenizer and dataset card; `datasets.load_dataset(folder)` reads it."""
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.table, folder / INSTANCES, compression="zstd")
        write_splits(self.table, folder)
        document = {
            "seed": self.seed,
            "settings": self.settings.model_dump(mode="json"),
            "input_alone": self.input_alone,
            "tasks": [asdict(task) for task in self.tasks],
        }
        (folder / TASKS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        (folder / CARD).write_text(dataset_card(self.settings, self.seed, self.table), encoding="utf-8")
        self.tokenizer.save_pretrained(folder / TOKENIZER)

    @property
    def n_tasks(self) -> int:
        return len(self.tasks)

    def read_labels(self) -> dict[str, Int[np.ndarray, " example"]]:
        """For each factor, an integer label per row of `table`."""
        columns = {name: self.table[name].to_numpy() for name in ("task", "dialect", "instruction_id")}
        inputs = self._index_in_vocabulary("input", input_name, self.settings.input_vocabulary)
        outputs = self._index_in_vocabulary("output", output_name, self.settings.output_vocabulary)
        return {
            "task": columns["task"],
            "dialect": columns["dialect"],
            "instruction": columns["instruction_id"],
            "input": inputs,
            "output": outputs,
            "task_input": columns["task"] * self.settings.input_vocabulary + inputs,
        }

    def read_spans(self, table: pa.Table) -> Spans:
        """The words of the instruction, then one token each for input and output."""
        ends = pc.add(pc.count_substring(table["instruction"], " "), 1).to_numpy().astype(np.int64)
        drawn = draw_tokens(table["instance"].to_numpy(), ends + 1)
        return Spans(np.stack([0 * ends, ends], axis=1), np.stack([ends, ends + 1], axis=1), ends + 1, drawn)

    def shared_lengths(self, table: pa.Table) -> list[int]:
        """The whole instruction, however few instances there are of it."""
        return (self.spans(table).prompt - 1).tolist()

    @cached_property
    def input_alone(self) -> dict[str, float]:
        """What an input gives away without an instruction; see `tasks.input_alone`."""
        return input_alone([task.function for task in self.tasks], self.settings.input_vocabulary)

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """The id of every token."""
        return _vocabulary(self.settings)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        return build_tokenizer(self.vocabulary)

    def text_of(self, token: int) -> str:
        return list(self.vocabulary)[token]

    @property
    def n_symbols(self) -> int:
        return self.settings.n_symbols

    @property
    def vocab_size(self) -> int:
        return len(self.vocabulary)

    def _index_in_vocabulary(
        self, column: str, name: Callable[[int], str], size: int
    ) -> Int[np.ndarray, " example"]:
        words = pa.array(map(name, range(size)), pa.string())
        return pc.index_in(self.table[column], value_set=words).to_numpy().astype(np.int64)


def _vocabulary(settings: CorpusSettings) -> dict[str, int]:
    return build_vocabulary(settings.n_symbols, settings.input_vocabulary, settings.output_vocabulary)


def _task_from_json(values: dict[str, Any]) -> WordedTask:
    dialects = [
        Dialect(**{**dialect, "trained_inputs": tuple(dialect["trained_inputs"])})
        for dialect in values["dialects"]
    ]
    return WordedTask(values["function"], tuple(dialects))
