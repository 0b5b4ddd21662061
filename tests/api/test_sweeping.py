"""Sweeps for a Python user; what they do is tested in tests/sweep."""

from pathlib import Path

import pytest

from nucleate import api
from nucleate.errors import ConfigError


def test_a_plan_is_whole_before_anything_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = api.plan_sweep("arms")
    assert plan.folder.root == str(Path("runs") / "arms")
    assert len(plan.points) == len(plan.left) == 6 * 5
    assert not (tmp_path / "runs").exists()


def test_a_seed_and_changed_settings_are_of_every_point(tmp_path):
    plan = api.plan_sweep("arms", tmp_path, overrides={"training": {"steps": 700}}, seed=11)
    assert {(one.settings.seed, one.settings.training.steps) for one in plan.points} == {(11, 700)}
    assert len(plan.points) == 6
    with pytest.raises(ConfigError, match="cannot be an axis"):
        api.plan_sweep("arms", tmp_path, overrides=[f"{next(iter(plan.file.axes)).split(',')[0]}=1"])
