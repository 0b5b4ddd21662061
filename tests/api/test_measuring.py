"""A finished run measured again from Python."""

import inspect

import numpy as np
import pytest

import nucleate
from nucleate import api
from nucleate.api import measuring
from nucleate.errors import ConfigError


def test_scores_are_taken_again_with_other_settings(own):
    again = nucleate.score(own, overrides={"scoring": {"factors": ["task"]}})
    assert again.settings.scoring.factors == ("task",)
    assert set(again.table.where(method="kmeans").values("factor")) == {"task"}
    assert nucleate.check(own) == []


def test_unseen_instances_and_interventions_are_measured_in_the_folder(own):
    nucleate.unseen(own, overrides={"unseen.n_shuffles": 3})
    done = nucleate.intervene(
        nucleate.load_run(own), overrides={"intervene.n_pairs": 8, "intervene.n_resamples": 5}
    )
    assert (done.settings.unseen.n_shuffles, done.settings.intervene.n_pairs) == (3, 8)
    assert done.evidence.effects is not None and done.readings()


@pytest.mark.parametrize("verb", ["score", "unseen", "intervene"])
def test_a_setting_of_another_stage_is_refused(own, verb):
    with pytest.raises(ConfigError, match=r"training.steps=9 is not about"):
        getattr(api, verb)(own, overrides={"training.steps": 9})


@pytest.mark.parametrize("stage", ["unseen", "intervene"])
def test_a_verb_says_what_it_takes_and_does(stage):
    verb = getattr(api, stage)
    assert verb.__name__ == stage
    assert f"writes `{'unseen' if stage == 'unseen' else 'interventions'}.parquet`" in verb.__doc__
    assert list(inspect.signature(verb).parameters) == ["run", "overrides", "seed", "observer"]


@pytest.mark.parametrize("stage", ["unseen", "intervene"])
def test_a_seed_is_one_of_other_draws_from_the_same_run(stage, monkeypatch):
    asked = []
    monkeypatch.setattr(measuring, "_measure", lambda *given: asked.append(given))
    getattr(api, stage)("runs/quick", overrides={stage: {"n_resamples": 5}}, seed=7)
    assert asked == [("runs/quick", stage, (f"{stage}.n_resamples=5", f"{stage}.draw_seed=7"), None)]


def test_a_seed_of_a_run_that_is_scored_again_draws_other_starts(own):
    again = nucleate.score(own, seed=4)
    assert (again.settings.seed, again.settings.scoring.clustering_seed) == (3, 4)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ((np.zeros((4, 2)),), "expected a run or its folder, got ndarray"),
        ((np.zeros((4, 2)), None, [1, 2, 3, 4]), "states are given without labels"),
        (("runs/none", None, None, [0, 1]), "states are given without labels"),
    ],
)
def test_arrays_need_labels_and_runs_take_none(given, what):
    with pytest.raises(ConfigError, match=what):
        nucleate.score(*given)
