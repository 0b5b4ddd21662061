"""Each tool is told what the protocol says, by its own calls; the tools are played by modules that remember."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from nucleate.errors import ProcessError
from nucleate.integrations import trackers
from nucleate.integrations.trackers import TOOLS, tracker_of
from nucleate.lazy import lazy

MODULES = {
    "tensorboard": "torch.utils.tensorboard",
    "wandb": "wandb",
    "mlflow": "mlflow",
    "trackio": "trackio",
}


class Played(ModuleType):
    """A module any function of which may be called, and which remembers how."""

    def __init__(self, name, calls, path=""):
        super().__init__(name)
        self.__dict__.update(calls=calls, path=path)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Played(name, self.calls, f"{self.path}{name}")

    def __call__(self, *args, **kwargs):
        self.calls.append((self.path, args, kwargs))
        if self.path == "start_run":
            return SimpleNamespace(info=SimpleNamespace(run_id="id-1"))
        return Played("result", self.calls, f"{self.path}().")


@pytest.fixture
def played(request, monkeypatch):
    calls = []
    monkeypatch.setattr(trackers, request.param, Played(request.param, calls))
    return request.param, calls


EXPECTED = {
    "tensorboard": [("SummaryWriter().add_scalar", ("loss", 0.5, 7), {})],
    "wandb": [("init().log", ({"loss": 0.5},), {"step": 7})],
    "mlflow": [("log_metrics", ({"loss": 0.5},), {"step": 7, "run_id": "id-1"})],
    "trackio": [("init().log", ({"loss": 0.5},), {"step": 7})],
}
ENDS = {
    "tensorboard": "SummaryWriter().close", "wandb": "init().finish", "mlflow": "end_run", "trackio": "init().finish"
}  # fmt: skip


@pytest.mark.parametrize("played", TOOLS, indirect=True)
def test_a_figure_arrives_with_its_step_and_the_run_is_closed(played, tmp_path):
    tool, calls = played
    with tracker_of(tool, "mine", tmp_path / "runs", {"seed": 3}) as tracker:
        begun = len(calls)
        tracker.log({"loss": 0.5}, 7)
        assert calls[begun:] == EXPECTED[tool]
    assert calls[-1][0] == ENDS[tool]
    told = repr(calls[:begun])
    assert "mine" in told and ("'seed': 3" in told or "| seed | 3 |" in told)


@pytest.mark.parametrize("played", TOOLS, indirect=True)
def test_a_run_that_breaks_off_is_closed_too(played, tmp_path):
    tool, calls = played
    with pytest.raises(ZeroDivisionError), tracker_of(tool, "mine", tmp_path, {}):
        raise ZeroDivisionError
    assert calls[-1][0] == ENDS[tool]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_that_is_not_installed_is_told_with_the_line_that_installs_it(tool, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, MODULES[tool], None)
    monkeypatch.setattr(trackers, tool, lazy(MODULES[tool]))
    with (
        pytest.raises(ProcessError, match=f"{tool} is not installed") as caught,
        tracker_of(tool, "a", tmp_path, {}),
    ):
        pass
    assert f"nucleate[{tool}]" in caught.value.mend


def test_tensorboard_reads_what_was_written(tmp_path):
    read = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with tracker_of("tensorboard", "mine", tmp_path, {"seed": 3}) as tracker:
        tracker.log({"agreement/block.1": 0.25}, 5)
    events = read.EventAccumulator(str(tmp_path / "mine"))
    events.Reload()
    assert [(one.step, one.value) for one in events.Scalars("agreement/block.1")] == [(5, 0.25)]
