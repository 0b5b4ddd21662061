from dataclasses import replace

import numpy as np
import pytest

from nucleate.capture.hidden_states import HiddenStates
from nucleate.scores import RunTag
from nucleate.scoring.examples import samples_at
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings


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


def in_groups(signal: np.ndarray) -> HiddenStates:
    """Thirty groups of ten examples that hold each of five tasks twice; `signal` and little noise at each."""
    rng, n = np.random.default_rng(3), 300
    states = (signal + 0.1 * rng.standard_normal(signal.shape)).astype(np.float32)
    task, nothing = np.arange(n) % 5, np.zeros(n, dtype=np.int64)
    return HiddenStates(
        states=states[:, None, None],
        sites=("block.1",),
        positions=("last",),
        split=np.full(n, "train"),
        labels={"task": task},
        predicted=nothing,
        expected=nothing,
        step=1,
        before_input=(),
        groups=np.arange(n) // 10,
    )


OF_GROUPS = ScoringSettings(
    positions=("last",), factors=("task",), n_resamples=500, milestone_metrics=("probe", "ami")
)


def of_groups(states: HiddenStates, metric: str, seed: int = 1) -> dict[str, dict]:
    rows = score_states(states, OF_GROUPS, RunTag("r", "m", seed), milestone=True)
    found = rows.where(metric=metric, preparation="raw").to_pandas().set_index("control")
    return found[found["method"] != "kmeans_from_train"].to_dict("index")


def test_groups_of_several_tasks_are_resampled_together():
    """In every fifth group all states lie with the next task: ten examples that agree tell as much as one."""
    task, group = np.arange(300) % 5, np.arange(300) // 10
    grouped = in_groups(np.eye(5)[np.where(group % 5 == 0, task + 1, task) % 5])
    for metric, n_seeds in (("probe", 1), ("ari", 8), ("ami", 8)):
        wider = []
        for seed in range(1, n_seeds + 1):
            together = of_groups(grouped, metric, seed)["none"]
            alone = of_groups(replace(grouped, groups=None), metric, seed)["none"]
            assert together["value"] == pytest.approx(alone["value"]), metric
            reach = [one["ci_high"] - one["ci_low"] for one in (together, alone)]
            wider.append(np.log(reach[0] / reach[1]))
        # Twelve halves tell a spread to a fifth, and six of 30 groups are what spreads: one seed tells little.
        assert np.exp(np.mean(wider)) == pytest.approx(np.sqrt(10), rel=0.25), metric
    assert of_groups(grouped, "probe")["none"]["value"] == 0.8
    by_chance = of_groups(grouped, "ari")["shuffled_labels"]
    assert by_chance["value"] == pytest.approx(0, abs=0.02)


def test_no_fold_of_the_probe_parts_a_group():
    """What tells the tasks of a group is of that group alone: nothing is learned of it from others."""
    signal = np.repeat(np.random.default_rng(0).standard_normal((30, 5, 200)), 2, axis=1)
    own = signal[:, [0, 2, 4, 6, 8] * 2].reshape(300, 200)
    assert of_groups(in_groups(own), "probe")["none"]["value"] < 0.35
    assert of_groups(replace(in_groups(own), groups=None), "probe")["none"]["value"] > 0.8


def test_one_group_alone_has_no_interval_and_no_probe():
    one = replace(in_groups(np.eye(5)[np.arange(300) % 5]), groups=np.zeros(300, dtype=np.int64))
    assert of_groups(one, "probe") == {}
    found = of_groups(one, "ari")
    assert found["none"]["value"] == 1.0
    assert np.isnan(found["none"]["ci_low"])
    assert found["shuffled_labels"]["value"] == pytest.approx(0, abs=0.02)
