"""Control arms of a run: which there are, what is not trained again, and that they are shown."""

import json
import shutil

import pytest

import nucleate
from nucleate import api
from nucleate.cli.main import main
from nucleate.errors import ConfigError
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages.observer import Silent
from nucleate.sweep import run_sweep as rooms
from nucleate.sweep.arms import plan_arms
from nucleate.sweep.executors import points as worker
from nucleate.sweep.executors.points import run_task
from nucleate.sweep.executors.tasks import tasks_of

TINY = {
    "training.steps": 2, "training.checkpoint_steps": [0, 2], "training.n_evaluation": 20,
    "model.n_layer": 1, "model.n_embd": 16, "corpus.n_tasks": 3, "corpus.n_variants": 6,
    "scoring.n_tasks": 3, "scoring.n_examples": 30, "scoring.n_resamples": 2, "scoring.milestones": 0, "scoring.n_init_settled": 2,
    "scoring.positions": ["last_instruction"], "scoring.factors": ["task"], "scoring.splits": ["validation"],
    "pictures.tsne": False, "intervene.in_run": False, "figures.formats": ["png"], "unseen.n_resamples": 2,
    "unseen.positions": ["last_instruction"], "unseen.n_shuffles": 1,
}  # fmt: skip
SETTINGS = [f"{key}={json.dumps(value)}" for key, value in TINY.items()]


@pytest.fixture
def trained(monkeypatch):
    """Arms are made in this process; says how often the stage of training was begun for one."""
    begun = []

    class Told(Silent):
        def on_stage(self, stage, what):
            begun.append((stage, what))

    def in_process(folder, points, file, observer):
        for task in tasks_of(points, folder.root, file.keep, threads=1):
            yield from run_task(task)

    monkeypatch.setattr(rooms, "_executor", lambda on: in_process)
    monkeypatch.setattr(worker, "Silent", Told)
    return lambda: begun.count(("training", "begins"))


def settled(path, *changes):
    """A run's folder with its settings and nothing else: to plan arms needs no more."""
    return RunFolder.create(path, resolve("smoke", [*SETTINGS, *changes]).to_toml())


def test_arms_have_the_runs_own_inputs_and_go_on_as_a_sweep(tmp_path):
    run = settled(tmp_path / "run")
    plan = plan_arms([run], run.arms_sweep)
    moved = [tuple(point.axes.values()) for point in plan.points]
    assert moved == [
        ("sequence", 6, False), ("answer", 6, False), ("sequence", 3, False), ("answer", 3, False),
        ("sequence", 6, True), ("answer", 6, True),
    ]  # fmt: skip
    moved_folder = shutil.move(run.path, tmp_path / "elsewhere")
    again = api.plan_sweep(str(moved_folder / "arms" / "arms.toml"), moved_folder / "arms")
    assert [point.name for point in again.points] == [point.name for point in plan.points]


def test_where_a_run_shares_its_inputs_arms_have_own_ones_and_no_impossible_corpus(tmp_path):
    changes = ("corpus.input_vocabulary=3", "corpus.unseen_dialect=true", "corpus.bridge_inputs=1")
    shared = settled(tmp_path / "shared", *changes)
    arms = [tuple(point.axes.values()) for point in plan_arms([shared], tmp_path / "arms").points]
    assert arms == [
        ("sequence", 12, False),
        ("answer", 12, False),
        ("sequence", 3, False),
        ("answer", 3, False),
    ]


@pytest.mark.usefixtures("drawn")
def test_a_run_with_arms_shows_them_and_trains_only_what_it_has_not(tmp_path, trained, capsys):
    out = tmp_path / "run"
    command = ["run", "smoke", "--arms", "--out", str(out), *(f"--set={one}" for one in SETTINGS)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert trained() == 5, "the sixth is the run itself"
    run = nucleate.load_run(out)
    assert len(run.arms.groupby(["objective", "inputs", "memorize"])) == 6
    own = run.arms[
        (run.arms["objective"] == "sequence") & (run.arms["inputs"] == "own") & ~run.arms["memorize"]
    ]
    scores = run.scores[(run.scores["method"] == "model") & (run.scores["metric"] == "accuracy")]
    last = scores[(scores["step"] == 2) & (scores["control"] == "none")]["value"].iloc[0]
    assert own["accuracy"].iloc[-1] == pytest.approx(last)
    assert (out / "figures" / "arms.png").exists() and (out / "arms" / "figures" / "arms.svg").exists()
    assert "What it rests on" in run.folder.report.read_text() and nucleate.check(run) == []
    assert "tasks at random, loss on answers" in printed and "one seed: reported, not claimed" in printed
    assert "The arms side by side" in (out / "arms" / "sweep.html").read_text()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = nucleate.run("smoke", out, overrides=TINY, arms=True)
    assert trained() == 5 and again.arms.equals(run.arms)
    changed = {path.name for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert changed <= {"manifest.json", ".held-by.json", ".lock"}


def test_arms_of_several_seeds_are_planned_together(tmp_path):
    runs = [settled(tmp_path / f"run-seed{seed}", f"seed={seed}") for seed in (1, 2)]
    with pytest.raises(ConfigError, match="several"):
        api.train_arms([run.path for run in runs])
    with pytest.raises(ConfigError, match="more than their seed"):
        plan_arms([runs[0], settled(tmp_path / "other", "corpus.n_variants=7")], tmp_path / "arms")
    plan = plan_arms(runs, tmp_path / "arms")
    assert len(plan.points) == 12 and {point.settings.seed for point in plan.points} == {1, 2}


def test_facts_have_no_arms_and_that_is_said_before_anything_is_trained(tmp_path):
    with pytest.raises(ConfigError, match="grammars"):
        api.run("realistic", tmp_path / "run", arms=True)
    assert not (tmp_path / "run").exists()
