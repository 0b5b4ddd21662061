"""Where figures can be sent while a run is at work: TensorBoard, Weights & Biases, MLflow, trackio.

This module hides how each of them is called, and that each is loaded only where it is asked for. They are
told what the run's own files say; those stay the truth, and nothing is ever read back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from nucleate.errors import ProcessError
from nucleate.lazy import lazy

mlflow = lazy("mlflow")
tensorboard = lazy("torch.utils.tensorboard")
trackio = lazy("trackio")
wandb = lazy("wandb")

PROJECT = "nucleate"
Tool = Literal["tensorboard", "wandb", "mlflow", "trackio"]
TOOLS: tuple[Tool, ...] = get_args(Tool)


class Tracker(Protocol):
    """One run at one tool."""

    def log(self, figures: Mapping[str, float], step: int) -> None:
        """Figures of one step, by names such as `agreement/block.3`."""

    def close(self) -> None:
        """No more will come."""


@contextmanager
def tracker_of(tool: Tool, name: str, folder: Path, settings: Mapping[str, Any]) -> Iterator[Tracker]:
    """A tracker, for as long as the run is at work.

    Args:
        tool: which.
        name: of the run, as the tool shows it.
        folder: where a tool that writes files writes them.
        settings: of the run, by dotted keys.

    Raises:
        ProcessError: the tool is not installed.
    """
    try:
        tracker = _OPENED[tool](name, folder, dict(settings))
    except ModuleNotFoundError as error:
        raise ProcessError(
            f"{tool} is not installed", f"Install it: pip install 'nucleate[{tool}]'"
        ) from error
    try:
        yield tracker
    finally:
        tracker.close()


class _TensorBoard:
    """Event files below `folder`: `tensorboard --logdir` shows them."""

    def __init__(self, name: str, folder: Path, settings: dict[str, Any]) -> None:
        self.writer = tensorboard.SummaryWriter(str(folder / name))
        rows = "\n".join(f"| {key} | {value} |" for key, value in settings.items())
        self.writer.add_text("settings", f"| setting | value |\n|---|---|\n{rows}")

    def log(self, figures: Mapping[str, float], step: int) -> None:
        for key, value in figures.items():
            self.writer.add_scalar(key, value, step)

    def close(self) -> None:
        self.writer.close()


class _WeightsAndBiases:
    def __init__(self, name: str, folder: Path, settings: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.run = wandb.init(project=PROJECT, name=name, dir=str(folder), config=settings)

    def log(self, figures: Mapping[str, float], step: int) -> None:
        self.run.log(dict(figures), step=step)

    def close(self) -> None:
        self.run.finish()


class _MLflow:
    def __init__(self, name: str, _folder: Path, settings: dict[str, Any]) -> None:
        mlflow.set_experiment(PROJECT)
        self.id = mlflow.start_run(run_name=name).info.run_id
        mlflow.log_dict(settings, "settings.json")  # parameters are limited in number and length

    def log(self, figures: Mapping[str, float], step: int) -> None:
        mlflow.log_metrics(dict(figures), step=step, run_id=self.id)

    def close(self) -> None:
        mlflow.end_run()


class _Trackio:
    def __init__(self, name: str, _folder: Path, settings: dict[str, Any]) -> None:
        self.run = trackio.init(project=PROJECT, name=name, config=settings)

    def log(self, figures: Mapping[str, float], step: int) -> None:
        self.run.log(dict(figures), step=step)

    def close(self) -> None:
        self.run.finish()


_OPENED: dict[Tool, Callable[[str, Path, dict[str, Any]], Tracker]] = {
    "tensorboard": _TensorBoard,
    "wandb": _WeightsAndBiases,
    "mlflow": _MLflow,
    "trackio": _Trackio,
}
