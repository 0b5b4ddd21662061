"""Tasks: functions from input tokens to output tokens, and what an input gives away by itself.

This module hides how functions are drawn. Different tasks share inputs, so that an input alone never tells
the task; how far that holds for a given draw is a figure, not a hope, and `input_alone` is that figure.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from nucleate.corpus.settings import TaskSettings

Task: TypeAlias = dict[str, str]
"""A task's function: the output token of each of its input tokens."""


def input_name(index: int) -> str:
    """The token of an input."""
    return f"x{index:02d}"


def output_name(index: int) -> str:
    """The token of an output."""
    return f"y{index:03d}"


def draw_tasks(settings: TaskSettings, rng: np.random.Generator) -> list[Task]:
    """`n_tasks` different functions, each uniform over the functions that there are."""
    tasks: list[Task] = []
    seen = set()
    while len(tasks) < settings.n_tasks:
        inputs = sorted(rng.choice(settings.input_vocabulary, settings.n_inputs, replace=False).tolist())
        outputs = rng.integers(settings.output_vocabulary, size=settings.n_inputs).tolist()
        task = {input_name(x): output_name(y) for x, y in zip(inputs, outputs, strict=True)}
        if (key := tuple(task.items())) not in seen:
            seen.add(key)
            tasks.append(task)
    return tasks


def input_alone(tasks: Sequence[Task], input_vocabulary: int) -> dict[str, float]:
    """What one can know who sees an input and no instruction, over all (task, input) pairs.

    Returns:
        `task_accuracy`: share of pairs whose task is guessed right at best; `task_accuracy_bound`: the
        most that it could be if tasks overlapped as little as the vocabulary allows;
        `answer_accuracy`: share of pairs answered right at best; `mutual_information`: between task and
        input, in bits; `tasks_per_input_min`, `_mean`, `_max`: over the inputs that occur.
    """
    outputs: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        for x, y in task.items():
            outputs[x].append(y)
    n_tasks_of = {x: len(ys) for x, ys in outputs.items()}
    n_pairs = sum(n_tasks_of.values())
    return {
        "task_accuracy": len(outputs) / n_pairs,
        "task_accuracy_bound": min(1.0, input_vocabulary / n_pairs),
        "answer_accuracy": sum(max(Counter(ys).values()) for ys in outputs.values()) / n_pairs,
        "mutual_information": _mutual_information(tasks, n_tasks_of),
        "tasks_per_input_min": min(n_tasks_of.values()),
        "tasks_per_input_mean": n_pairs / len(n_tasks_of),
        "tasks_per_input_max": max(n_tasks_of.values()),
    }


def _mutual_information(tasks: Sequence[Task], n_tasks_of: Mapping[str, int]) -> float:
    """In bits, every pair weighing the same; exactly 0 where all tasks have the same inputs."""
    n_pairs = sum(n_tasks_of.values())
    return sum(math.log2(n_pairs / (len(task) * n_tasks_of[x])) for task in tasks for x in task) / n_pairs
