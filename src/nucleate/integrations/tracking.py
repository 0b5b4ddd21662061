"""A run or a sweep whose figures are sent to a tracker as they come, off unless it is asked for.

This module hides which figures, and their names. Whoever watched still watches, and is told first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nucleate.integrations.trackers import Tool, Tracker, tracker_of
from nucleate.run_folder.paths import beside

if TYPE_CHECKING:
    import pyarrow as pa
    from transformers import PreTrainedModel

    from nucleate.settings.config import Settings
    from nucleate.settings.presets import ExperimentSettings
    from nucleate.stages.observer import Observer
    from nucleate.sweep.executors.progress import SweepObserver, Tally
    from nucleate.sweep.executors.tasks import Outcome
    from nucleate.sweep.grid import Point
    from nucleate.sweep.run_sweep import Plan
    from nucleate.training.observer import TrainingRecord


@contextmanager
def tracked(
    observer: Observer, tool: Tool | None, settings: ExperimentSettings, folder: Path
) -> Iterator[Observer]:
    """An observer that tells `tool` too; the same one where there is none.

    Args:
        observer: who watches anyway.
        tool: where figures go; None: nowhere.
        settings: of the run.
        folder: the run's; what a tool writes goes beside it, to `FOLDER-TOOL`.

    Raises:
        ProcessError: the tool is not installed.
    """
    if tool is None:
        yield observer
        return
    with tracker_of(tool, folder.name, beside(folder, tool), dotted(settings)) as tracker:
        yield _TrackedRun(observer, tracker)


class _TrackedRun:
    """Passes on what it is told, then logs what is a number."""

    def __init__(self, observer: Observer, tracker: Tracker) -> None:
        self.observer, self.tracker = observer, tracker

    def on_stage(self, name: str, what: str) -> None:
        self.observer.on_stage(name, what)

    def on_progress(self, done: int, total: int) -> None:
        self.observer.on_progress(done, total)

    def on_note(self, text: str) -> None:
        self.observer.on_note(text)

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None:
        self.observer.on_checkpoint(step, model)

    def on_record(self, record: TrainingRecord) -> None:
        self.observer.on_record(record)
        figures = {f"accuracy/{split}": value for split, value in (record.accuracy or {}).items()}
        if record.loss is not None:
            figures |= {"loss": record.loss, "learning_rate": record.learning_rate}
        self.tracker.log(figures, record.step)

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None:
        self.observer.on_agreement(step, agreement)
        self.tracker.log({f"agreement/{site}": value for site, value in agreement.items()}, step)


class TrackedSweep:
    """A sweep's observer that sends the scores of every point that is done, as a run of its own.

    Args:
        observer: who watches anyway.
        tool: where figures go.
        plan: the sweep; what a tool writes goes to `FOLDER-TOOL`.
    """

    def __init__(self, observer: SweepObserver, tool: Tool, plan: Plan) -> None:
        self.observer, self.tool, self.plan = observer, tool, plan

    def on_note(self, note: str) -> None:
        self.observer.on_note(note)

    def on_workers(self, n: int, threads: int) -> None:
        self.observer.on_workers(n, threads)

    def on_outcome(self, point: Point, outcome: Outcome, tally: Tally) -> None:
        self.observer.on_outcome(point, outcome, tally)
        if outcome.status == "done":
            scores = self.plan.folder.read_table("points", point.name, "scores.parquet")
            place = beside(Path(self.plan.folder.path), self.tool)
            with tracker_of(
                self.tool, point.name, place, {**point.axes, "seed": point.settings.seed}
            ) as tracker:
                for step, figures in figures_of(scores, point.settings).items():
                    tracker.log(figures, step)


def figures_of(scores: pa.Table, settings: ExperimentSettings) -> dict[int, dict[str, float]]:
    """By step: accuracy of every split, agreement of every split and site where the claims are judged."""
    where, found = settings.claims, dict[int, dict[str, float]]()
    for row in scores.to_pylist():
        place = (row["position"], row["factor"], row["preparation"], row["method"], row["control"])
        if row["method"] == "model" and row["metric"] == "accuracy":
            name = f"accuracy/{row['split']}"
        elif place == (where.position, where.factor, where.preparation, "kmeans", "none"):
            name = f"{row['metric']}/{row['split']}/{row['site']}"
        else:
            continue
        if row["value"] is not None:
            found.setdefault(row["step"], {})[name] = row["value"]
    return found


def dotted(settings: Settings) -> dict[str, Any]:
    """Every setting by its dotted key."""

    def flat(values: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
        for key, value in values.items():
            if isinstance(value, Mapping):
                yield from flat(value, f"{above}{key}.")
            else:
                yield above + key, value

    return dict(flat(settings.model_dump(mode="json"), ""))
