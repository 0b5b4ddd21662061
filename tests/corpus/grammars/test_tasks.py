"""Functions are distinct and uniform; `input_alone` equals scikit-learn's and a count by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn.metrics import mutual_info_score

from nucleate.corpus.grammars.tasks import draw_tasks, input_alone
from nucleate.corpus.settings import TaskSettings
from nucleate.errors import ConfigError


def test_functions_are_as_asked() -> None:
    tasks = draw_tasks(TaskSettings(), np.random.default_rng(0))
    assert len({tuple(task.items()) for task in tasks}) == 20
    assert all(len(task) == 5 for task in tasks)
    assert all(x[0] == "x" and int(x[1:]) < 20 for task in tasks for x in task)
    assert all(y[0] == "y" and int(y[1:]) < 100 for task in tasks for y in task.values())


def test_all_functions_that_there_are_can_be_drawn() -> None:
    settings = TaskSettings(n_tasks=12, n_inputs=2, input_vocabulary=3, output_vocabulary=2)
    tasks = draw_tasks(settings, np.random.default_rng(0))
    assert len({tuple(task.items()) for task in tasks}) == 12


def test_functions_are_uniform() -> None:
    settings = TaskSettings(n_tasks=1, n_inputs=2, input_vocabulary=3, output_vocabulary=2)
    rng = np.random.default_rng(0)
    counts = Counter(tuple(draw_tasks(settings, rng)[0].items()) for _ in range(2400))
    assert len(counts) == 12
    assert chisquare(list(counts.values())).pvalue > 0.01


def test_input_alone_by_hand() -> None:
    tasks = [{"x00": "y000", "x01": "y001"}, {"x00": "y000", "x02": "y001"}]
    figures = input_alone(tasks, input_vocabulary=8)
    assert figures == {
        "task_accuracy": 0.75,
        "task_accuracy_bound": 1.0,
        "answer_accuracy": 1.0,
        "mutual_information": 0.5,
        "tasks_per_input_min": 1,
        "tasks_per_input_mean": pytest.approx(4 / 3),
        "tasks_per_input_max": 2,
    }


def test_mutual_information_equals_scikit_learns() -> None:
    tasks = draw_tasks(TaskSettings(), np.random.default_rng(0))
    pairs = [(number, x) for number, task in enumerate(tasks) for x in task]
    oracle = mutual_info_score(*zip(*pairs, strict=True)) / math.log(2)
    assert input_alone(tasks, 20)["mutual_information"] == pytest.approx(oracle)


def test_shared_inputs_tell_nothing() -> None:
    settings = TaskSettings(n_tasks=50, input_vocabulary=5, output_vocabulary=1000)
    figures = input_alone(draw_tasks(settings, np.random.default_rng(0)), 5)
    assert figures["mutual_information"] == 0.0
    assert figures["task_accuracy"] == figures["task_accuracy_bound"] == 0.02


def test_values_must_hold_together() -> None:
    with pytest.raises(ConfigError, match=r"n_inputs \(6\) is above input_vocabulary \(5\)"):
        TaskSettings.from_mapping({"n_inputs": 6, "input_vocabulary": 5}, "a test")
    with pytest.raises(ConfigError, match="above the 4 functions that there are"):
        TaskSettings.from_mapping({"n_inputs": 1, "input_vocabulary": 2, "output_vocabulary": 2}, "a test")
