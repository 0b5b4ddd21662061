"""What a worker does with a task, in this process."""

import json

import pytest
import torch

from nucleate.errors import Interrupted
from nucleate.experiment import run_experiment
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Scores
from nucleate.settings.presets import ExperimentSettings
from nucleate.stages import making
from nucleate.stages.observer import Silent
from nucleate.sweep.executors import points as rooms_points
from nucleate.sweep.executors.points import run_task, use_threads
from nucleate.sweep.executors.tasks import Outcome, Task, tasks_of
from nucleate.sweep.run_sweep import plan_sweep
from nucleate.sweep.sweep_folder import SweepFolder


def tasks(path, root, keep=("scores",)):
    return tasks_of(plan_sweep(path, str(root)).points, str(root), keep, threads=1)


@pytest.fixture
def counted_trainings(monkeypatch):
    trained = []
    train = making.train

    def counting(*arguments, seed, **others):
        trained.append(seed)
        return train(*arguments, seed=seed, **others)

    monkeypatch.setattr(making, "train", counting)
    return trained


def test_points_that_share_a_training_are_one_task_and_have_the_scores_of_runs_of_their_own(
    sweep_file, tmp_path, counted_trainings
):
    out = tmp_path / "out"
    one, _ = tasks(sweep_file(), out)
    assert Task.from_json(json.loads(json.dumps(one.to_json()))) == one
    outcomes = list(run_task(one))
    assert [outcome.status for outcome in outcomes] == ["begins", "done"] * 2
    assert counted_trainings == [1]
    for name, values in one.points:
        alone = run_experiment(
            ExperimentSettings.from_mapping(values, "a test"),
            tmp_path / "alone" / name,
            Silent(),
            wanted=("scoring",),
        )
        assert (out / "points" / name / "scores.parquet").read_bytes() == alone.scores.read_bytes()
    assert list(run_task(one)) == [
        Outcome(name, "done", SweepFolder(str(out)).facts(name)["seconds"]) for name, _ in one.points
    ]
    assert len(counted_trainings) == 3, "what is done is not run again"
    assert not (out / "working" / one.training).exists()


def test_scores_alone_are_kept_and_the_manifest_says_so(sweep_file, tmp_path):
    task = tasks(sweep_file(), tmp_path / "out")[0]
    list(run_task(task))
    name = task.points[0][0]
    run = RunFolder.open(tmp_path / "out" / "points" / name)
    assert {file.name for file in run.path.iterdir()} == {"config.toml", "manifest.json", "scores.parquet"}
    assert run.problems() == []
    run.require("scoring")
    status = {stage: entry["status"] for stage, entry in run.manifest["stages"].items()}
    assert status == {"corpus": "dropped", "training": "dropped", "scoring": "done"}
    assert set(Scores.read(run.scores).values("run")) == {name}
    assert run.manifest["point"]["threads"] == 1


def test_kept_checkpoints_train_points_of_a_later_sweep(sweep_file, tmp_path, counted_trainings):
    first = tasks(sweep_file(("[2, 3]", "[2]")), tmp_path / "out", keep=("scores", "checkpoints"))[0]
    list(run_task(first))
    run = RunFolder.open(tmp_path / "out" / "points" / first.points[0][0])
    run.require("training")
    later = tasks(sweep_file(("[2, 3]", "[3]"), name="later.toml"), tmp_path / "out")[0]
    assert [outcome.status for outcome in run_task(later)] == ["begins", "done"]
    assert counted_trainings == [1]


def test_a_point_that_fails_is_told_and_stops_nothing(sweep_file, tmp_path, monkeypatch):
    task = tasks(sweep_file(), tmp_path / "out")[0]
    bad, good = (name for name, _ in task.points)
    run = rooms_points.run_experiment

    def failing(settings, path, *arguments, **others):
        if path.name == bad:
            raise ValueError("nothing\nbut trouble")
        return run(settings, path, *arguments, **others)

    monkeypatch.setattr(rooms_points, "run_experiment", failing)
    outcomes = [outcome for outcome in run_task(task) if outcome.status != "begins"]
    assert [(outcome.point, outcome.status, outcome.error) for outcome in outcomes] == [
        (bad, "failed", "ValueError: nothing"),
        (good, "done", ""),
    ]
    told = tmp_path / "out" / "failures" / f"{bad}.txt"
    assert "but trouble" in told.read_text() and "Traceback" in told.read_text()
    monkeypatch.undo()
    assert [outcome.status for outcome in run_task(task)] == ["begins", "done", "done"]
    assert not told.exists()


def test_an_interrupt_is_no_failure(sweep_file, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise Interrupted(15)

    monkeypatch.setattr(rooms_points, "run_experiment", interrupted)
    task = tasks(sweep_file(), tmp_path / "out")[0]
    with pytest.raises(Interrupted):
        list(run_task(task))
    assert not (tmp_path / "out" / "failures").exists()


def test_threads_are_set_and_told(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    use_threads(2)
    try:
        assert torch.get_num_threads() == 2
    finally:
        use_threads(1)
    assert torch.get_num_threads() == 1
