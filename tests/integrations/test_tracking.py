"""Who watches is told all; a tracker, what is a number."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from nucleate.integrations import tracking
from nucleate.integrations.tracking import TrackedSweep, dotted, figures_of, tracked
from nucleate.settings.presets import resolve
from nucleate.stages.observer import Silent
from nucleate.sweep.executors.progress import SilentSweep, Tally
from nucleate.sweep.executors.tasks import Outcome
from nucleate.sweep.grid import Point
from nucleate.training.observer import TrainingRecord
from tests.conftest import plant

SETTINGS = resolve("smoke")


class Watching(Silent):
    def __init__(self):
        self.told = []

    def on_record(self, record):
        self.told.append(record.step)

    def on_agreement(self, step, agreement):
        self.told.append(agreement)


@pytest.fixture
def logged(monkeypatch):
    found = []

    @contextmanager
    def opened(tool, name, folder, settings):
        found.append((tool, name, folder.name, settings))
        yield SimpleNamespace(log=lambda figures, step: found.append((step, dict(figures))))

    monkeypatch.setattr(tracking, "tracker_of", opened)
    return found


def test_a_run_is_watched_as_before_and_its_numbers_are_logged(logged, tmp_path):
    watching = Watching()
    with tracked(watching, "wandb", SETTINGS, tmp_path / "mine") as observer:
        observer.on_record(TrainingRecord(0, None, 0.0, 0.0, 0, {"train": 0.1}))
        observer.on_record(TrainingRecord(1, 2.5, 1e-3, 1.0, 10))
        observer.on_agreement(1, {"block.1": 0.5})
    assert watching.told == [0, 1, {"block.1": 0.5}]
    begun, *figures = logged
    assert (
        begun[:3] == ("wandb", "mine", "mine-wandb") and begun[3]["training.steps"] == SETTINGS.training.steps
    )
    assert figures == [
        (0, {"accuracy/train": 0.1}), (1, {"loss": 2.5, "learning_rate": 1e-3}), (1, {"agreement/block.1": 0.5})
    ]  # fmt: skip


def test_without_a_tool_nobody_is_in_between(tmp_path):
    watching = Watching()
    with tracked(watching, None, SETTINGS, tmp_path / "mine") as observer:
        assert observer is watching


def test_every_setting_has_its_dotted_key():
    settings = dotted(SETTINGS)
    assert settings["seed"] == 1 and settings["model.n_layer"] == SETTINGS.model.n_layer
    assert not any(isinstance(value, dict) for value in settings.values())


def test_a_point_that_is_done_is_a_run_with_its_scores(logged, tmp_path):
    scores = plant(lambda step, layer: layer / 4 * step / 200)
    point = Point({"model.n_layer": 4}, SETTINGS)
    folder = SimpleNamespace(path=tmp_path / "sweep", read_table=lambda *names: scores.table)
    sweep = TrackedSweep(SilentSweep(), "mlflow", SimpleNamespace(folder=folder))
    sweep.on_outcome(point, Outcome(point.name, "begins"), Tally(1, 0))
    assert not logged
    sweep.on_outcome(point, Outcome(point.name, "done"), Tally(1, 0))
    assert logged[0] == ("mlflow", point.name, "sweep-mlflow", {"model.n_layer": 4, "seed": 1})
    assert dict(logged[1:]) == figures_of(scores.table, SETTINGS)
    at_top = {step: figures["ari/validation/block.4"] for step, figures in logged[1:]}
    assert at_top[0] == pytest.approx(0, abs=0.1) and at_top[200] == pytest.approx(1, abs=0.1)
