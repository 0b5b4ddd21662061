"""Settings by name, changed in every form."""

import tomllib

import numpy as np
import pytest

from nucleate import api
from nucleate.api.settings import asked_of_ray
from nucleate.errors import ConfigError


@pytest.mark.parametrize(
    "overrides",
    [
        {"training": {"steps": 7, "warmup_steps": 2}},
        {"training.steps": 7, "training.warmup_steps": 2},
        ["training.steps=7", "training.warmup_steps=2"],
    ],
)
def test_overrides_are_one_in_every_form(overrides):
    settings = api.resolve("quick", overrides)
    assert (settings.training.steps, settings.training.warmup_steps) == (7, 2)


def test_settings_that_are_there_are_changed_like_a_preset():
    settings = api.resolve("quick", {"scoring.positions": ("input",), "claims.position": "input"})
    again = api.resolve(settings, {"training.objective": "answer"}, seed=4)
    assert (again.seed, again.training.objective, again.scoring.positions) == (4, "answer", ("input",))
    assert again.corpus == settings.corpus


def test_what_no_setting_can_be_is_named():
    with pytest.raises(ConfigError, match=r"training\.steps cannot be"):
        api.resolve("quick", {"training.steps": np.zeros(2)})


def test_config_is_a_file_that_resolves_to_the_same(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(api.config("quick", {"seed": 5}))
    assert api.resolve(path) == api.resolve("quick", seed=5)
    assert tomllib.loads(path.read_text())["seed"] == 5


def test_every_preset_says_what_it_is():
    assert {"smoke", "quick", "paper"} <= set(api.presets())
    assert all(len(summary) > 10 for summary in api.presets().values())


def test_what_is_asked_of_a_cluster_is_no_setting_of_the_analysis():
    found, others = asked_of_ray("ray", ["ray.gpus=0.25", "scoring.n_init=2"])
    assert found.gpus == 0.25 and others == ["scoring.n_init=2"]
    assert asked_of_ray("local", others) == (None, others)
    with pytest.raises(ConfigError, match=r"ray\.gpus"):
        asked_of_ray("ray", ["ray.gpus=-1"])
    with pytest.raises(ConfigError, match=r"unknown setting ray\.gpu in --set\. Did you mean ray\.gpus"):
        asked_of_ray("ray", ["ray.gpu=1"])
    with pytest.raises(ConfigError, match="is about a cluster"):
        asked_of_ray("local", ["ray.gpus=1"])
