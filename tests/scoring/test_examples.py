from dataclasses import replace

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.scoring.examples import samples_at


def states(instruction, task):
    n = len(task)
    labels = {"task": np.array(task), "instruction": np.array(instruction)}
    vectors = np.arange(n * 2 * 2 * 3, dtype=np.float32).reshape(n, 2, 2, 3)
    none = np.zeros(n, dtype=np.int64)
    split = np.array(["train"] * n)
    return HiddenStates(
        vectors, ("embed", "block.1"), ("last_instruction", "input"), split, labels, none, none, 0
    )


SEVERAL = states(instruction=[0, 0, 1, 2, 2, 3], task=[0, 0, 0, 1, 1, 1])


def test_an_instruction_counts_once_where_its_instances_share_a_state():
    (sample,) = samples_at(SEVERAL, "last_instruction", ("task", "instruction"))
    assert (sample.name, sample.rows.tolist()) == ("once", [0, 2, 3, 5])
    assert {name: labels.tolist() for name, labels in sample.labels.items()} == {"task": [0, 0, 1, 1]}
    np.testing.assert_array_equal(sample.points, SEVERAL.at("last_instruction")[:, [0, 2, 3, 5]])


def test_instruction_is_asked_of_those_with_several_instances():
    every, repeated = samples_at(SEVERAL, "input", ("task", "instruction"))
    assert (every.name, len(every.rows)) == ("all", 6)
    assert (repeated.name, repeated.rows.tolist()) == ("repeated", [0, 1, 3, 4])
    assert repeated.labels["instruction"].tolist() == [0, 0, 2, 2]


def test_a_label_is_a_label_like_any_other_where_groups_are_given_apart():
    grouped = replace(SEVERAL, groups=np.array([0, 0, 1, 1, 2, 2]))
    (sample,) = samples_at(grouped, "input", ("task", "instruction"))
    assert (sample.name, sample.unit) == ("all", "")
    assert sample.labels["instruction"].tolist() == [0, 0, 1, 2, 2, 3]
    both = replace(
        grouped, groups=np.arange(3).repeat(2), labels={**SEVERAL.labels, "task": np.repeat([0, 1, 1], 2)}
    )
    assert samples_at(both, "input", ("task",))[0].units.tolist() == [0, 0, 1, 1, 2, 2]


def test_a_factor_without_a_partition_to_agree_with_is_left_out():
    assert samples_at(states(instruction=[0, 1, 2], task=[4, 4, 4]), "input", ("task", "instruction")) == []
