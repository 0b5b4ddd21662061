"""One tiny run, made through the public function."""

import shutil

import pytest

import nucleate

SHORT = {
    "training": {"steps": 4, "warmup_steps": 2},
    "scoring.n_resamples": 5,
    "scoring.positions": ["last_instruction"],
    "unseen": {"positions": ["last_instruction"], "n_resamples": 5, "n_shuffles": 2},
    "intervene.in_run": False,
}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A run that no test changes."""
    return nucleate.run("smoke", tmp_path_factory.mktemp("runs") / "made", overrides=SHORT, seed=3)


@pytest.fixture
def own(made, tmp_path):
    """A copy of it that a test may change."""
    shutil.copytree(made.folder.path, tmp_path / "own")
    return tmp_path / "own"
