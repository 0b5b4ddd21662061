"""Controls stand beside their figures, and say what they should where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nucleate.capture.hidden_states import HiddenStates
from nucleate.resampling.bootstrap import permute_labels
from nucleate.scores import RunTag, Score, Scores
from nucleate.scoring.cluster_figures import shuffled_figures
from nucleate.scoring.controls import bag_of_tokens_control, untrained_control
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings


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


def test_shuffled_labels_pass_their_level_once_in_twenty_times():
    rng = np.random.default_rng(0)
    passed = []
    for seed in range(300):
        labels, clusters = rng.integers(4, size=(2, 80))
        permuted = permute_labels(labels, np.arange(80), 100, seed)
        (null,) = shuffled_figures(permuted, clusters, ("ari",))
        value = shuffled_figures(labels[None], clusters, ("ari",))
        passed.append(next(value).value > null.ci_high)
    # 15 of 300 are due; 28 and more come less than once in a thousand times.
    assert 3 <= sum(passed) <= 28


def states_with_counts(counts: np.ndarray, task: np.ndarray) -> HiddenStates:
    n_examples = len(task)
    rng = np.random.default_rng(0)
    return HiddenStates(
        states=rng.standard_normal((n_examples, 2, 1, 4)).astype(np.float32),
        sites=("embed", "block.1"),
        positions=("last_instruction",),
        split=np.full(n_examples, "train"),
        labels={"task": task, "instruction": np.arange(n_examples)},
        predicted=task,
        expected=task,
        step=9,
        instruction_counts=counts,
    )


@pytest.mark.parametrize("tells", [True, False])
def test_token_counts_score_what_the_surface_gives_away(tells):
    task = np.arange(120) % 4
    rng = np.random.default_rng(0)
    rates = np.eye(4)[task if tells else rng.permutation(task)] * 9
    states = states_with_counts(rng.poisson(rates + 0.5), task)
    settings = ScoringSettings(positions=("last_instruction",), factors=("task",), n_resamples=20)
    scores = score_states(states, settings, RunTag("r", "m", 1))
    control = bag_of_tokens_control(scores, states, settings, seed=1).to_pandas()
    assert control[["step", "site", "control", "metric"]].to_numpy().tolist() == [
        [9, site, "bag_of_tokens", "ari"] for site in ("embed", "block.1")
    ]
    assert (control.value > 0.9).all() if tells else (control.value.abs() < 0.1).all()
    assert (control.ci_low <= control.ci_high).all()


def test_without_token_counts_there_is_no_such_control():
    states = replace(
        states_with_counts(np.ones((8, 1), dtype=np.int64), np.arange(8) % 2), instruction_counts=None
    )
    settings = ScoringSettings(positions=("last_instruction",), factors=("task",), n_resamples=20)
    scores = score_states(states, settings, RunTag("r", "m", 1))
    assert len(bag_of_tokens_control(scores, states, settings, seed=1)) == 0


def test_every_figure_of_the_states_has_its_counterpart_on_token_counts():
    task = np.arange(120) % 4
    counts = np.random.default_rng(0).poisson(np.eye(4)[task] * 9 + 0.5)
    states = replace(
        states_with_counts(counts, task), split=np.where(np.arange(120) < 60, "train", "validation")
    )
    settings = ScoringSettings(positions=("last_instruction",), factors=("task",), n_resamples=20)
    scores = score_states(states, settings, RunTag("r", "m", 1), milestone=True)
    control = bag_of_tokens_control(scores, states, settings, seed=1).to_pandas()
    figures = scores.where(control="none", position="last_instruction", factor="task").to_pandas()
    columns = ["split", "site", "method", "metric"]
    assert sorted(control[columns].to_numpy().tolist()) == sorted(figures[columns].to_numpy().tolist())
    by_metric = control[control.split == "validation"].groupby("metric").value.min()
    assert (by_metric[["ari", "ami", "matched", "purity", "nearest_centroid", "probe"]] > 0.9).all()
    assert by_metric["silhouette"] > 0.3
