"""Sweeps for a Python user; what they do is tested in tests/sweep."""

from pathlib import Path

from nucleate import api


def test_a_plan_is_whole_before_anything_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = api.plan_sweep("arms")
    assert plan.folder.root == str(Path("runs") / "arms")
    assert len(plan.points) == len(plan.left) == 6 * 5
    assert not (tmp_path / "runs").exists()
