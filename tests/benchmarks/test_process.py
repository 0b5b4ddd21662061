"""What is extrapolated, and that the whole of it runs."""

import json
import subprocess
import sys

import pytest

from benchmarks.isolated import ROOT
from benchmarks.process import estimated_seconds


def test_a_peer_is_put_together_from_its_steps_and_checkpoints():
    told = {
        "step_seconds": [100.0, 1.0, 3.0, 2.0],
        "n_steps": 400,
        "checkpoint_seconds": [4.0, 6.0],
        "n_checkpoints": 9,
    }
    assert estimated_seconds(106.0 + 10.0 + 5.0, told) == 5.0 + 400 * 2.0 + 9 * 5.0


@pytest.mark.slow
def test_a_part_runs_prints_its_table_and_leaves_it_as_json(tmp_path):
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "intervals", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True)
    assert "scikit-learn in a loop" in done.stdout and "not measured" in done.stdout
    written = json.loads(out.read_text())
    assert list(written["parts"]) == ["ceilings", "intervals", "ceilings at the end"]
    ours, peer = written["parts"]["intervals"]["rows"]
    assert peer["times_ours"] == pytest.approx(
        [theirs / own for theirs, own in zip(peer["measured"], ours["measured"], strict=True)]
    )
    assert written["machine"]["threads"] >= 1
