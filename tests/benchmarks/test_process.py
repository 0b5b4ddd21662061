"""What is extrapolated, and that the whole of it runs."""

import json
import subprocess
import sys

import pytest

from benchmarks import __main__ as whole
from benchmarks.isolated import ROOT
from benchmarks.peer_pipeline import Watch
from benchmarks.process import estimated_seconds, first_reached
from nucleate.settings.presets import resolve


def test_a_peer_is_put_together_from_its_steps_and_checkpoints():
    told = {
        "step_seconds": [100.0, 1.0, 3.0, 2.0],
        "evaluation_seconds": 7.0,
        "checkpoint_seconds": [4.0, 6.0],
        "n_checkpoints": 9,
    }
    assert estimated_seconds(106.0 + 7.0 + 10.0 + 5.0, told, 400) == 5.0 + 400 * 2.0 + 9 * 5.0


def test_the_step_of_an_accuracy_is_the_first_at_which_it_stands():
    evaluations = [(0, 0.0), (20, 0.9), (40, 0.97), (60, 0.96), (80, 1.0)]
    assert first_reached(evaluations, 0.97) == 40
    assert first_reached(evaluations[:2], 0.97) is None


class _Answers:
    """An examiner of a model that is this often right, time after time."""

    def __init__(self, *accuracies):
        self._left = list(accuracies)

    def accuracy(self, _model):
        return self._left.pop(0)


def _stopped_at(watch, steps):
    return next((step for step in steps if watch(step, None)), None)


def test_a_peer_is_examined_when_we_are_and_stopped_where_it_is_good_enough_or_late():
    settings = resolve(
        "smoke", ["training.steps=9", "training.checkpoint_steps=[9]", "training.evaluate_every=2"]
    )
    good = Watch(_Answers(0.5, 0.97), settings, until=0.97, at_most=float("inf"))
    assert (_stopped_at(good, range(1, 10)), good.evaluations) == (4, [(2, 0.5), (4, 0.97)])
    late = Watch(_Answers(), settings, until=0.97, at_most=0.0)
    assert (_stopped_at(late, range(1, 10)), late.evaluations) == (1, [])
    to_its_end = Watch(_Answers(1.0, 1.0, 1.0, 1.0, 1.0), settings, until=None, at_most=float("inf"))
    assert _stopped_at(to_its_end, range(1, 10)) is None
    assert [step for step, _ in to_its_end.evaluations] == [2, 4, 6, 8, 9]


def test_a_part_that_fails_is_told_and_stops_no_other():
    findings, _, wrong = whole.measure_part("no such part", None)
    assert findings.rows == [] and "ModuleNotFoundError" in wrong


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
