"""A finished run measured again from Python."""

import pytest

import nucleate
from nucleate import api
from nucleate.errors import ConfigError


def test_scores_are_taken_again_with_other_settings(own):
    again = nucleate.score(own, overrides={"scoring": {"factors": ["task"]}})
    assert again.settings.scoring.factors == ("task",)
    assert set(again.scores.where(method="kmeans").values("factor")) == {"task"}
    assert nucleate.check(own) == []


def test_unseen_instances_and_interventions_are_measured_in_the_folder(own):
    api.unseen(own, overrides={"unseen.n_shuffles": 3})
    done = api.intervene(
        nucleate.load_run(own), overrides={"intervene.n_pairs": 8, "intervene.n_resamples": 5}
    )
    assert (done.settings.unseen.n_shuffles, done.settings.intervene.n_pairs) == (3, 8)
    assert done.evidence.effects is not None and done.readings()


@pytest.mark.parametrize("verb", ["score", "unseen", "intervene"])
def test_a_setting_of_another_stage_is_refused(own, verb):
    with pytest.raises(ConfigError, match=r"training.steps=9 is not about"):
        getattr(api, verb)(own, overrides={"training.steps": 9})
