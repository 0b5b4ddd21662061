"""What the text gives away stands beside every figure of the states, and is what it should be where that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from nucleate.scores import RunTag
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings
from nucleate.scoring.surfaces import bag_of_tokens_figures, ngrams_figures, tfidf_of_ngrams
from tests.scoring.counted_states import states_with_counts


@pytest.mark.parametrize("tells", [True, False])
def test_token_counts_score_what_the_surface_gives_away(tells):
    task = np.arange(120) % 4
    rng = np.random.default_rng(0)
    rates = np.eye(4)[task if tells else rng.permutation(task)] * 9
    states = states_with_counts(rng.poisson(rates + 0.5), task)
    settings = ScoringSettings(positions=("last_instruction",), factors=("task",), n_resamples=20)
    scores = score_states(states, settings, RunTag("r", "m", 1))
    control = bag_of_tokens_figures(states, settings, seed=1).beside(scores).to_pandas()
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
    assert len(bag_of_tokens_figures(states, settings, seed=1).beside(scores)) == 0


def test_every_figure_of_the_states_has_its_counterpart_on_token_counts():
    task = np.arange(120) % 4
    counts = np.random.default_rng(0).poisson(np.eye(4)[task] * 9 + 0.5)
    states = replace(
        states_with_counts(counts, task), split=np.where(np.arange(120) < 60, "train", "validation")
    )
    settings = ScoringSettings(positions=("last_instruction",), factors=("task",), n_resamples=20)
    scores = score_states(states, settings, RunTag("r", "m", 1), milestone=True)
    control = bag_of_tokens_figures(states, settings, seed=1).beside(scores).to_pandas()
    figures = scores.where(control="none", position="last_instruction", factor="task").to_pandas()
    columns = ["split", "site", "method", "metric"]
    assert sorted(control[columns].to_numpy().tolist()) == sorted(figures[columns].to_numpy().tolist())
    by_metric = control[control.split == "validation"].groupby("metric").value.min()
    assert (by_metric[["ari", "ami", "matched", "purity", "nearest_centroid", "probe"]] > 0.9).all()
    assert by_metric["silhouette"] > 0.3


def order_tells(rng: np.random.Generator, task: np.ndarray) -> list[list[int]]:
    """Instructions of the same eight tokens each, in an order of pairs that tells the task."""
    orders = [rng.permutation(8) for _ in range(task.max() + 1)]
    return [np.roll(orders[each], int(rng.integers(8))).tolist() for each in task]


def test_runs_of_tokens_give_away_what_their_counts_do_not():
    task = np.arange(120) % 4
    instructions = order_tells(np.random.default_rng(0), task)
    states = states_with_counts(np.ones((120, 8), dtype=np.int64), task)
    settings = ScoringSettings(positions=("last_instruction",), factors=("task",), n_resamples=20)
    scores = score_states(states, settings, RunTag("r", "m", 1))
    bag, ngrams = (
        control.where(metric="ari").to_pandas()
        for control in (
            bag_of_tokens_figures(states, settings, seed=1).beside(scores),
            ngrams_figures(states, instructions, settings, seed=1).beside(scores),
        )
    )
    assert set(ngrams["control"]) == {"ngrams"} and len(ngrams) == 2
    assert (bag["value"].abs() < 0.05).all()
    assert (ngrams["value"] > 0.9).all()


@pytest.mark.parametrize("n_examples", [30, 2000])
def test_tfidf_has_the_distances_of_scikit_learns_own(n_examples):
    rng = np.random.default_rng(1)
    instructions = [rng.integers(9, size=rng.integers(1, 8)).tolist() for _ in range(n_examples)]
    own = tfidf_of_ngrams(instructions)
    texts = [" ".join(map(str, tokens)) for tokens in instructions]
    theirs = TfidfVectorizer(ngram_range=(1, 3), token_pattern=r"[^ ]+").fit_transform(texts).toarray()
    np.testing.assert_allclose(own[:30] @ own.T, theirs[:30] @ theirs.T, atol=1e-6)
    assert own.shape[1] <= max(n_examples, theirs.shape[1])


def test_positions_before_the_input_share_the_figures_of_their_text():
    task = np.arange(120) % 4
    counts = np.random.default_rng(0).poisson(np.eye(4)[task] * 3 + 0.5)
    one = states_with_counts(counts, task)
    positions = ("last_instruction", "instruction_mean", "input")
    states = replace(one, states=np.repeat(one.states, 3, axis=2), positions=positions)
    settings = ScoringSettings(positions=positions, factors=("task",), n_resamples=20)
    figures = bag_of_tokens_figures(states, settings, seed=1)
    assert figures.stand_ins == {
        "last_instruction": "last_instruction",
        "instruction_mean": "last_instruction",
        "input": "input",
    }
    rows = figures.beside(score_states(states, settings, RunTag("r", "m", 1))).to_pandas()
    values = rows.groupby("position").value.first()
    assert set(values.index) == set(positions)
    assert values["last_instruction"] == values["instruction_mean"]
