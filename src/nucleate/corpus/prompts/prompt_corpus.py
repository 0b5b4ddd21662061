"""A corpus of prompts in natural language, for one tokenizer.

This module hides how prompts become a table and come back from their folder, and how labels that are words
become labels that are numbers. From then on it is a corpus like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nucleate.corpus.corpus import CARD, INSTANCES, TOKENIZER, Corpus
from nucleate.corpus.dataset_card import prompts_card, write_splits
from nucleate.corpus.prompts.files.prompt_files import PROMPT_LENGTH, SPAN_COLUMNS, Prompt
from nucleate.corpus.prompts.located_tokens import locate
from nucleate.corpus.spans import Spans, draw_tokens
from nucleate.corpus.tokenizer import read_tokenizer
from nucleate.errors import CorpusError, NucleateError
from nucleate.foreign_files import read_parquet
from nucleate.lazy import Int

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PROMPTS = "prompts.json"
_UNREADABLE = ("input_ids", PROMPT_LENGTH, *SPAN_COLUMNS["instruction"], *SPAN_COLUMNS["input"])


@dataclass(frozen=True)
class PromptCorpus(Corpus):
    """Prompts in tokens, with their labels.

    Attributes:
        table: beside what every corpus has: `id`, `prompt`, a column of words for each factor, and the spans.
        task: the factor that takes the part of the task: samples are balanced over it.
        tokenizer: of the model that is given the prompts.
    """

    table: pa.Table
    task: str
    tokenizer: PreTrainedTokenizerFast

    @classmethod
    def build(
        cls, prompts: Sequence[Prompt], tokenizer: PreTrainedTokenizerFast, task: str | None = None
    ) -> PromptCorpus:
        """Prompts with their labels, and as further factors the words of instruction, input and answer.

        Args:
            prompts: all with the same labels.
            tokenizer: a fast one, of the model that is to be given the prompts.
            task: the factor that is the task; `task` where prompts have it, else their first.

        Raises:
            CorpusError: there is nothing to score against, or tokens cannot be told apart; see `locate`.
        """
        task = task_of(prompts, task)
        sequences, spans = locate(prompts, tokenizer)
        return cls(pa.table(_columns(prompts, sequences, spans)), task, tokenizer)

    @classmethod
    def load(cls, folder: Path) -> PromptCorpus:
        """Raises CorpusError where the folder does not hold a whole corpus."""
        try:
            document = json.loads((folder / PROMPTS).read_text(encoding="utf-8"))
            table = read_parquet(folder / INSTANCES).combine_chunks()
            return cls(table, document["task"], read_tokenizer(folder / TOKENIZER))
        except NucleateError:
            raise
        except Exception as error:  # a folder of others can make a library raise anything
            raise CorpusError(
                f"{folder} does not hold a whole corpus: {error}", "Run again into another folder."
            ) from None

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.table, folder / INSTANCES, compression="zstd")
        write_splits(self.table, folder)
        document = {"task": self.task, "factors": self.factors, "positions": self.spans(self.table).positions}
        (folder / PROMPTS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        (folder / CARD).write_text(prompts_card(self.table, self.factors), encoding="utf-8")
        self.tokenizer.save_pretrained(folder / TOKENIZER)

    def read_labels(self) -> dict[str, Int[np.ndarray, " example"]]:
        """Codes of every factor's words; `task` is always among them."""
        return {"task": self._codes[self.task], **self._codes}

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(self._codes)

    @cached_property
    def n_tasks(self) -> int:
        return len(np.unique(self._codes[self.task]))

    def read_spans(self, table: pa.Table) -> Spans:
        def column(name: str) -> np.ndarray:
            return table[name].to_numpy().astype(np.int64)

        found = {
            name: np.stack([column(start), column(end)], axis=1) if start in table.column_names else None
            for name, (start, end) in SPAN_COLUMNS.items()
        }
        lengths = column(PROMPT_LENGTH)
        drawn = draw_tokens(column("instance"), lengths)
        return Spans(found["instruction"], found["input"], lengths, drawn)

    @property
    def readable(self) -> pa.Table:
        return self.table.drop_columns([name for name in _UNREADABLE if name in self.table.column_names])

    @property
    def vocab_size(self) -> int:
        return len(self.tokenizer)

    def text_of(self, token: int) -> str:
        return self.tokenizer.decode([token]) if token < self.vocab_size else f"<{token}>"

    @cached_property
    def _codes(self) -> Mapping[str, Int[np.ndarray, " example"]]:
        metadata = [name for name in self.table.column_names if _is_factor(self.table.schema.field(name))]
        codes = {name: _codes_of(self.table[name].to_pylist()) for name in metadata}
        if "input" in codes and "task_input" not in codes:
            pairs = np.stack([codes[self.task], codes["input"]], axis=1)
            codes["task_input"] = np.unique(pairs, axis=0, return_inverse=True)[1].ravel()
        return codes


def task_of(prompts: Sequence[Prompt], asked: str | None) -> str:
    """The factor that takes the part of the task.

    Raises:
        CorpusError: the prompts have no such label, or none at all.
    """
    given = _written_factors(prompts)
    if "task" in given and asked not in (None, "task"):
        raise CorpusError(f"the prompts have a field `task`, and {asked!r} is to be it", "Rename the field.")
    task = asked or ("task" if "task" in given else next(iter(given), ""))
    if task not in given:
        raise CorpusError(
            f"no prompt has the factor {task!r}" if task else "the prompts have no label at all",
            f"Fields that are factors: {', '.join(given) or 'none'}. Add one that names the task.",
        )
    return task


def factors_of(prompts: Sequence[Prompt]) -> tuple[str, ...]:
    """The factors of the corpus that these prompts make."""
    written = _written_factors(prompts)
    return tuple(written) + (("task_input",) if "input" in written and "task_input" not in written else ())


def words_of(prompts: Sequence[Prompt], factor: str, task: str) -> list[str]:
    """What every prompt says of one of `factors_of`, as words; `task` is the factor that is the task."""
    written = _written_factors(prompts)
    if factor in written:
        return written[factor]
    return [f"{one}\n{other}" for one, other in zip(written[task], written["input"], strict=True)]


def _written_factors(prompts: Sequence[Prompt]) -> dict[str, list[str]]:
    """Labels, then the words of instruction, input and answer where no label is called so."""
    labels = {name: [prompt.labels[name] for prompt in prompts] for name in prompts[0].labels}
    return labels | {name: words for name, words in _words_of(prompts).items() if name not in labels}


def _words_of(prompts: Sequence[Prompt]) -> dict[str, list[str]]:
    """The words of instruction, input and answer, those that every prompt has."""
    spoken = [prompt.spoken for prompt in prompts]
    return {
        name: [one[name] for one in spoken]
        for name in ("instruction", "input", "output")
        if all(name in one for one in spoken)
    }


def _columns(prompts: Sequence[Prompt], sequences: list[list[int]], spans: Spans) -> dict[str, Any]:
    factors = _written_factors(prompts)
    told_by = factors.get("instruction") or [prompt.text for prompt in prompts]
    columns: dict[str, Any] = {
        "instance": pa.array(range(len(prompts)), pa.int64()),
        "id": pa.array([prompt.id for prompt in prompts], pa.string()),
        **{name: pa.array(values, pa.string()) for name, values in factors.items()},
        "instruction_id": pa.array(_codes_of(told_by), pa.int64()),
        "prompt": pa.array([prompt.text for prompt in prompts], pa.string()),
        "split": pa.array([prompt.split for prompt in prompts], pa.string()),
        "input_ids": pa.array(sequences, pa.list_(pa.int32())),
        PROMPT_LENGTH: pa.array(spans.prompt, pa.int32()),
    }
    for name, span in (("instruction", spans.instruction), ("input", spans.input)):
        if span is not None:
            columns |= {end: pa.array(span[:, i], pa.int32()) for i, end in enumerate(SPAN_COLUMNS[name])}
    return columns


def _is_factor(field: pa.Field) -> bool:
    return pa.types.is_string(field.type) and field.name not in ("id", "prompt", "split")


def _codes_of(words: Sequence[str]) -> Int[np.ndarray, " example"]:
    """A number for each word, by the words' own order."""
    encoded = pc.dictionary_encode(pa.array(words, pa.string()))
    order = np.argsort(np.array(encoded.dictionary.to_pylist(), dtype=object))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[encoded.indices.to_numpy()]
