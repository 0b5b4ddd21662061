"""Hidden states with planted clusters, scored into rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nucleate.clustering.scoring import ScoringSettings, score_states, untrained_control
from nucleate.config import override
from nucleate.errors import LabelsError
from nucleate.hidden_states import HiddenStates
from nucleate.scores import Score, Scores

SETTINGS = ScoringSettings(
    positions=("last_instruction", "input"), factors=("task", "input"), n_init=2, n_resamples=40
)
SITES = ("embed", "block.1", "final_norm")


def planted_states(step: int = 400, n_examples: int = 240, n_tasks: int = 6) -> HiddenStates:
    """At `last_instruction` the states of `block.1` gather by task; all else is noise."""
    rng = np.random.default_rng(0)
    task = np.arange(n_examples) % n_tasks
    states = rng.standard_normal((n_examples, len(SITES), 2, 8)).astype(np.float32)
    states[:, 1, 0] += 12 * rng.standard_normal((n_tasks, 8))[task]
    return HiddenStates(
        states=states,
        sites=SITES,
        positions=("last_instruction", "input"),
        split=np.where(np.arange(n_examples) % 4 == 3, "validation", "train"),
        labels={
            "task": task,
            "input": rng.integers(5, size=n_examples),
            "instruction": np.arange(n_examples) // 2,
        },
        predicted=task % 4,
        expected=task,
        step=step,
    )


def score(states: HiddenStates, settings: ScoringSettings = SETTINGS, seed: int = 1) -> Scores:
    return score_states(states, settings, run="r", model="m", seed=seed)


def test_one_row_per_split_position_factor_and_site():
    frame = score(planted_states()).where(method="kmeans").to_pandas()
    assert len(frame) == 2 * 2 * 2 * 3
    assert not frame.duplicated(["split", "position", "factor", "site"]).any()
    constant = ["run", "model", "seed", "step", "preparation", "method", "metric", "control"]
    assert frame[constant].drop_duplicates().to_numpy().tolist() == [
        ["r", "m", 1, 400, "raw", "kmeans", "ari", "none"]
    ]
    assert frame.layer.isna().equals(frame.site == "final_norm")
    assert set(frame[frame.factor == "task"].n_examples) == {180, 60}
    assert set(frame[frame.factor == "input"].n_clusters) == {5}


def test_planted_clusters_score_one_where_they_are_and_zero_elsewhere():
    frame = score(planted_states()).where(split="train", factor="task").to_pandas()
    planted = (frame.site == "block.1") & (frame.position == "last_instruction")
    assert frame.value[planted].min() > 0.99
    assert frame.value[~planted].abs().max() < 0.1
    assert (frame.ci_low <= frame.ci_high).all()


def test_rows_are_a_function_of_seed_and_states_and_keep_their_draws_over_steps():
    first, again, other = score(planted_states()), score(planted_states()), score(planted_states(), seed=2)
    later = score(planted_states(step=800))
    assert first.table.equals(again.table)
    assert not first.table["value"].equals(other.table["value"])
    assert first.table["value"].equals(later.table["value"])


def test_a_factor_with_one_label_or_no_label_twice_has_no_row():
    states = planted_states()
    labels = {"dialect": np.zeros(240, dtype=np.int64), "instruction": np.arange(240)}
    states = replace(states, labels=labels)
    scores = score(states, SETTINGS.model_copy(update={"factors": tuple(labels)}))
    assert scores.values("metric") == ["accuracy"]


def test_one_instruction_string_leaves_the_interval_empty():
    states = planted_states()
    labels = {**states.labels, "instruction": np.zeros(240, dtype=np.int64)}
    states = replace(states, labels=labels)
    scores = score(states)
    assert scores.table["ci_low"].null_count == len(scores)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"positions": ("last",)}, "no position 'last'"), ({"factors": ("dialect",)}, "no factor 'dialect'")],
)
def test_what_the_states_lack_is_named(change, message):
    with pytest.raises(LabelsError, match=message):
        score(planted_states(), SETTINGS.model_copy(update=change))


def test_settings_come_from_dotted_overrides():
    values = override({}, ["n_init=3", 'factors=["task", "dialect"]'])
    assert ScoringSettings.from_mapping(values, "test").factors == ("task", "dialect")


def row(step: int, value: float, **other: object) -> Score:
    given = {"run": "r", "model": "m", "seed": 1, "split": "train", "metric": "ari", "method": "kmeans"}
    return Score(
        **(given | {"site": "embed", "layer": 0, "n_examples": 9, "step": step, "value": value} | other)
    )


def test_untrained_control_repeats_step_zero_beside_every_later_step():
    scores = Scores.from_rows(
        [
            row(0, 0.1, ci_low=0.0, ci_high=0.2),
            row(100, 0.5),
            row(200, 0.9),
            row(0, 0.3, site="block.1", layer=1),
        ]
    )
    control = untrained_control(scores).to_pandas()
    assert control[["step", "value", "ci_low", "control", "site"]].to_numpy().tolist() == [
        [100, 0.1, 0.0, "untrained", "embed"],
        [200, 0.1, 0.0, "untrained", "embed"],
    ]


def test_untrained_control_keeps_runs_apart_and_takes_no_control_for_a_figure():
    scores = Scores.from_rows(
        [row(0, 0.1), row(100, 0.5, run="other"), row(0, 0.2, control="shuffled_labels"), row(100, 0.6)]
    )
    control = untrained_control(scores)
    assert [(each["run"], each["value"]) for each in control] == [("r", 0.1)]
