"""Controls stand beside their figures, and say what they should where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nucleate.errors import LabelsError
from nucleate.resampling.bootstrap import permute_labels
from nucleate.scores import RunTag, Score, Scores
from nucleate.scoring.controls import dialect_oracle_control, untrained_control
from nucleate.scoring.rows import cluster_figures
from nucleate.scoring.rows.cluster_figures import FactorFigures, shuffled_figures
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings
from tests.scoring.counted_states import states_with_counts


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
        figures_of = FactorFigures(labels, permuted, np.arange(80), ("ari",), seed)
        (((value,), (null,)),) = figures_of.at_sites(clusters[None, None], np.zeros((1, 1)), [])
        passed.append(value.value > null.ci_high)
    # 15 of 300 are due; 28 and more come less than once in a thousand times.
    assert 3 <= sum(passed) <= 28


def test_tables_of_permuted_labels_are_held_a_few_at_a_time_and_say_the_same(monkeypatch):
    rng, metrics = np.random.default_rng(0), ("ami", "matched", "purity")
    labels, clusters = np.arange(60) % 6, rng.integers(5, size=60)
    permuted = permute_labels(labels, np.arange(60), 100, 1)
    at_once = list(shuffled_figures(permuted, clusters, metrics))
    held = []
    monkeypatch.setattr(cluster_figures, "CELLS_HELD", 200)
    count = cluster_figures.contingencies
    monkeypatch.setattr(
        cluster_figures, "contingencies", lambda *given: held.append(count(*given)) or held[-1]
    )
    assert list(shuffled_figures(permuted, clusters, metrics)) == at_once
    assert max(table.size for table in held) <= 200 and sum(map(len, held)) == 100


def test_perfect_dialects_joined_at_random_stand_beside_agreement_with_tasks():
    dialect = np.tile(np.arange(60), 7)
    states = states_with_counts(np.ones((420, 1), dtype=np.int64), dialect // 3)
    states = replace(states, labels={**states.labels, "dialect": dialect, "input": np.arange(420) // 60})
    factors = ("task", "dialect", "instruction", "input")
    settings = ScoringSettings(positions=("last_instruction",), factors=factors, n_resamples=20)
    scores = score_states(states, settings, RunTag("r", "m", 1))
    control = dialect_oracle_control(scores, states, settings, seed=1).to_pandas()
    assert set(control["factor"]) == {"task"}  # no input is joined of whole dialects
    assert len(control) == 2 * len(states.sites)
    by_metric = control.groupby("metric").first()
    assert 0.28 < by_metric.loc["ari", "value"] < 0.36
    assert abs(by_metric.loc["ari_across", "value"]) < 0.02
    assert (by_metric["ci_low"] < by_metric["value"]).all()
    assert (by_metric["value"] < by_metric["ci_high"]).all() and by_metric.loc["ari_across", "ci_high"] < 0.1


def test_figures_across_need_a_factor_of_that_name():
    states = states_with_counts(np.ones((8, 1), dtype=np.int64), np.arange(8) % 2)
    settings = ScoringSettings(positions=("last_instruction",), factors=("task",), n_resamples=20)
    assert score_states(states, settings, RunTag("r", "m", 1)).where(metric="ari_across").values("site") == []
    asked = settings.model_copy(update={"across": "tongue"})
    with pytest.raises(LabelsError, match="no factor 'tongue' to ask pairs across"):
        score_states(states, asked, RunTag("r", "m", 1))
