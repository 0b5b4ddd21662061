"""A run that is killed and called again ends in the same bytes as one that was left alone."""

import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from nucleate.cli.main import main
from nucleate.scores import Scores

CHEAP = (
    "training.steps=60", "training.checkpoint_every=30", "training.checkpoints_early=0", "scoring.n_resamples=4",
    "scoring.n_init_settled=3", "scoring.positions=['last_instruction']", "scoring.factors=['task']", "scoring.milestones=1",
    "unseen.positions=['last_instruction']", "unseen.n_resamples=4", "intervene.in_run=false", "pictures.tsne=false",
    "figures.formats=['png']",
)  # fmt: skip
ARGUMENTS = ["run", "smoke", *(word for change in CHEAP for word in ("--set", change))]


def start(folder):
    command = [sys.executable, "-m", "nucleate", *ARGUMENTS, "--out", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(folder):
    """In this process: what is gone on with was left behind by another one."""
    assert main([*ARGUMENTS, "--out", str(folder)]) == 0


def weights(folder):
    return (folder / "checkpoints" / "step-00000060" / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("untouched") / "run"
    finish(folder)
    return folder


@pytest.mark.slow
def test_killed_while_it_is_scored_again_check_and_run_work(untouched, tmp_path):
    """Wherever the kill falls, each file is the old or the new one, and the settings go with the scores."""
    again = [
        sys.executable,
        "-m",
        "nucleate",
        "score",
        "--set",
        "scoring.n_init=2",
        "--set",
        "scoring.milestones=0",
    ]
    whole = shutil.copytree(untouched, tmp_path / "whole")
    begun = time.monotonic()
    subprocess.run([*again, str(whole)], check=True, capture_output=True, timeout=300)
    took = time.monotonic() - begun
    drawn = random.Random(1)
    for number in range(5):
        folder = shutil.copytree(untouched, tmp_path / str(number))
        process = subprocess.Popen(
            [*again, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(drawn.uniform(0.3, 1.0) * took)
        process.kill()
        process.wait()
        assert main(["check", str(folder)]) == 0
        assert main(["run", str(folder / "config.toml"), "--out", str(folder)]) == 0
        assert main(["check", str(folder)]) == 0
        has_new_settings = "n_init = 2" in (folder / "config.toml").read_text()
        expected = whole if has_new_settings else untouched
        assert Scores.read(folder / "scores.parquet").values("metric") == Scores.read(
            expected / "scores.parquet"
        ).values("metric")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_interrupted_and_resumed(untouched, tmp_path, number, code):
    folder = tmp_path / "run"
    process = start(folder)
    log = folder / "training.jsonl"
    deadline = time.monotonic() + 120
    while not (log.exists() and len(log.read_text().splitlines()) > 20):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    _, error = process.communicate(timeout=120)
    assert process.returncode == code
    assert "Traceback" not in error
    assert len(log.read_text().splitlines()) < 61
    finish(folder)
    assert weights(folder) == weights(untouched)
    assert (folder / "scores.parquet").read_bytes() != b""
