"""The run of the preset that several parts share: made once, then read, pictured, scored again.

It lies in the folder of the benchmarks' runs; whichever part comes first makes it, and `process` anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from benchmarks import ours
from benchmarks.isolated import whole_process
from benchmarks.setup import Setup
from nucleate.capture.record import capture
from nucleate.corpus.saved import load_corpus
from nucleate.models.loading import load_model
from nucleate.pictures.films import films, reduced
from nucleate.pictures.planes import POINTS_PER_SPLIT, balanced_order
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import RunTag, Scores
from nucleate.scoring.score_states import score_states
from nucleate.spacing import evenly_spaced
from nucleate.stages.context import settings_of
from nucleate.stages.measuring import scored_rows


def run_folder(setup: Setup) -> RunFolder:
    """The run that whole processes are timed on, and that the page is built from."""
    return RunFolder(setup.work / f"run-{setup.sizes.preset}")


def finished_run(setup: Setup) -> RunFolder:
    """That run as it lies there, or made where it is not there or was broken off."""
    folder = run_folder(setup)
    if not folder.report.exists():
        whole_process(ours.command("run", setup.sizes.preset, "--out", str(folder.path)))
    return RunFolder.open(folder.path)


def stage_seconds(folder: RunFolder) -> dict[str, float]:
    """Of a finished run."""
    return {name: stage["seconds"] for name, stage in folder.manifest["stages"].items()}


def evaluations(folder: RunFolder) -> list[tuple[int, float]]:
    """Steps of a run's training and the validation accuracy at each, as its log has them."""
    return [
        (record["step"], record["accuracy"]["validation"])
        for record in _log(folder)
        if "validation" in record.get("accuracy", ())
    ]


def seconds_after(folder: RunFolder, step: int) -> float:
    """That a run's training went on for after a step."""
    at = {record["step"]: record["seconds"] for record in _log(folder)}
    return float(at[max(at)] - at[step])


def _log(folder: RunFolder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in folder.training_log.read_text().splitlines()]


def pictured_points(folder: RunFolder, n: int) -> dict[int, np.ndarray]:
    """What the page's t-SNE is of: at every step with a picture, the first `n` points shown, of all sites."""
    settings, corpus = settings_of(folder), load_corpus(folder.corpus)
    rows, position = scored_rows(settings, corpus), settings.claims.position
    points = {}
    for step in evenly_spaced(folder.checkpoint_steps(), settings.pictures.n_steps):
        states = capture(load_model(folder.checkpoint(step)), corpus, rows, step=step, positions=(position,))
        shown = balanced_order(states.split, states.labels["task"], POINTS_PER_SPLIT, settings.seed)
        points[step] = states.at(position)[:, shown[:n]]
    return points


def page_pictures(points: Mapping[int, np.ndarray], seed: int) -> Mapping[int, np.ndarray]:
    """t-SNE of them as a run makes it: principal components, then all layers side by side."""
    return films({step: reduced(of_step) for step, of_step in points.items()}, seed=seed)


def scoring_of_a_milestone(folder: RunFolder) -> Callable[[], Scores]:
    """Scores of a run's last checkpoint with the costly figures, its states captured beforehand."""
    settings, corpus = settings_of(folder), load_corpus(folder.corpus)
    step, scoring = folder.checkpoint_steps()[-1], settings.scoring
    model, rows = load_model(folder.checkpoint(step)), scored_rows(settings, corpus)
    states = capture(model, corpus, rows, step=step, positions=scoring.positions)
    return partial(score_states, states, scoring, RunTag("bench", "gpt2", settings.seed), milestone=True)


def last_figures(folder: RunFolder) -> dict[str, float]:
    """Accuracy and every agreement of k-means clusters of a run's last step, named as the peer names them."""
    frame = Scores.read(folder.scores).to_pandas()
    last = frame[(frame["step"] == frame["step"].max()) & (frame["control"] == "none")]
    accuracy = last[last["metric"] == "accuracy"]
    figures = {f"accuracy, {row.split}": float(row.value) for row in accuracy.itertuples()}
    agreement = last[(last["metric"] == "ari") & (last["method"] == "kmeans")]
    for row in agreement[agreement["preparation"] == "raw"].itertuples():
        name = f"agreement with {row.factor}, {row.split}, {row.position}, {row.site}"
        figures[name] = float(row.value)
    return figures
