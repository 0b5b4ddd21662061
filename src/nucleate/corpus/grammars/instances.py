"""From settings and a seed to tasks and instances.

This module hides the order in which things are drawn, and the streams of chance. A stream is named by what
it is for, so that one component drawing more or less shifts no other: another `validation_fraction` leaves
the expressions, the functions and the instructions as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import pyarrow as pa

from nucleate.corpus.grammars.expressions import Expression
from nucleate.corpus.grammars.grammar import draw_expressions
from nucleate.corpus.grammars.tasks import Task, draw_tasks
from nucleate.corpus.settings import CorpusSettings
from nucleate.corpus.splits import LEFT_OUT, draw_bridges, split_dialect
from nucleate.lazy import Int
from nucleate.resampling.named_seeds import stream

SCHEMA = pa.schema(
    [
        ("instance", pa.int64()),
        ("task", pa.int64()),
        ("dialect", pa.int64()),
        ("instruction_id", pa.int64()),
        ("instruction", pa.string()),
        ("input", pa.string()),
        ("output", pa.string()),
        ("split", pa.string()),
        ("input_ids", pa.list_(pa.int32())),
    ]
)

InstanceRow = tuple[int, int, int, str, str, str, str]
"""An instance from `task` to `split`, as in `SCHEMA`."""


@dataclass(frozen=True)
class Dialect:
    """One wording of a task.

    Attributes:
        id: unique over all tasks.
        regex: the expression that its instructions are drawn from.
        language_size: how many instructions there are to draw.
        trained_inputs: the inputs that it is trained with; only an unseen dialect lacks some.
    """

    id: int
    regex: str
    language_size: int
    trained_inputs: tuple[str, ...]


@dataclass(frozen=True)
class WordedTask:
    """A task's function, and the dialects that it is asked for in."""

    function: Task
    dialects: tuple[Dialect, ...]


def build_instances(
    settings: CorpusSettings, vocabulary: dict[str, int], seed: int
) -> tuple[tuple[WordedTask, ...], pa.Table]:
    """Every task with its dialects, and every instance, in order of dialect, instruction and input.

    Dialects are in the order of their tasks. With `settings.memorize` an instruction's task is any of them.

    Raises:
        CorpusError: not enough expressions with enough strings were found.
    """
    functions = draw_tasks(settings, stream(seed, "tasks"))
    n_trained = draw_variant_counts(settings, stream(seed, "variants"))
    most = int(n_trained.max())
    min_size = most + settings.n_unseen_instructions(most)
    expressions = draw_expressions(len(n_trained), settings, min_size, stream(seed, "grammar"))
    tasks = tuple(_word_tasks(functions, expressions, settings, seed))
    return tasks, _to_table(_rows(tasks, expressions, n_trained.tolist(), settings, seed), vocabulary)


def draw_variant_counts(settings: CorpusSettings, rng: np.random.Generator) -> Int[np.ndarray, " dialect"]:
    """Trained instructions of every dialect: at least one each, `n_tasks * n_variants` in all.

    Shares are apportioned by largest remainder, in whole numbers, to be the same on every machine.
    """
    n_dialects = settings.n_tasks * settings.n_dialects
    spread = round(1000 * settings.variant_spread)
    weights = rng.integers(1000 - spread, 1000 + spread, size=n_dialects, endpoint=True)
    beyond_one = settings.n_tasks * settings.n_variants - n_dialects
    shares, remainders = np.divmod(weights * beyond_one, weights.sum())
    left_over = beyond_one - shares.sum()
    shares[np.argsort(-remainders, kind="stable")[:left_over]] += 1
    return shares + 1


def _word_tasks(
    functions: Sequence[Task], expressions: Sequence[Expression], settings: CorpusSettings, seed: int
) -> Iterator[WordedTask]:
    """Give every task its expressions, in order."""
    numbered = enumerate(expressions)
    for function in functions:
        yield WordedTask(
            function,
            tuple(
                Dialect(
                    number,
                    expression.text,
                    expression.size,
                    _trained_inputs(function, number, settings, seed),
                )
                for number, expression in islice(numbered, settings.n_dialects)
            ),
        )


def _trained_inputs(function: Task, dialect: int, settings: CorpusSettings, seed: int) -> tuple[str, ...]:
    is_last = (dialect + 1) % settings.n_dialects == 0
    if settings.unseen_dialect and is_last:
        return draw_bridges(tuple(function), settings.bridge_inputs, stream(seed, "bridges", dialect))
    return tuple(function)


def _rows(
    tasks: Sequence[WordedTask],
    expressions: Sequence[Expression],
    n_trained: Sequence[int],
    settings: CorpusSettings,
    seed: int,
) -> Iterator[InstanceRow]:
    instruction_ids = count()
    owners = _owners(tasks, n_trained, settings, seed)
    for task in tasks:
        for dialect in task.dialects:
            n_seen = n_trained[dialect.id]
            n_unseen = settings.n_unseen_instructions(n_seen)
            rng = stream(seed, "instructions", dialect.id)
            instructions = expressions[dialect.id].sample(n_seen + n_unseen, rng)
            is_trained = np.isin(list(task.function), dialect.trained_inputs)
            rng = stream(seed, "splits", dialect.id)
            splits = split_dialect(n_seen, n_unseen, is_trained, settings.validation_fraction, rng)
            for instruction, row, instruction_id in zip(instructions, splits, instruction_ids, strict=False):
                owner = owners[instruction_id]
                for (x, y), split in zip(tasks[owner].function.items(), row, strict=True):
                    if split != LEFT_OUT:
                        yield owner, dialect.id, instruction_id, instruction, x, y, split


def _owners(
    tasks: Sequence[WordedTask], n_trained: Sequence[int], settings: CorpusSettings, seed: int
) -> list[int]:
    """The task of every instruction: its dialect's, or one at random; each task keeps its number."""
    owners = [
        number
        for number, task in enumerate(tasks)
        for dialect in task.dialects
        for _ in range(n_trained[dialect.id] + settings.n_unseen_instructions(n_trained[dialect.id]))
    ]
    if settings.memorize:
        stream(seed, "memorize").shuffle(owners)
    return owners


def _to_table(rows: Iterable[InstanceRow], vocabulary: dict[str, int]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    ids = [
        [vocabulary[word] for word in (*instruction.split(), x, y)]
        for instruction, x, y in zip(*columns[3:6], strict=True)
    ]
    return pa.table([range(len(ids)), *columns, ids], schema=SCHEMA)
