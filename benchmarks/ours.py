"""Our side: the one file of the benchmarks that knows how nucleate is called.

Everything goes through the functions that the program itself uses, with its own settings, so that a
faster way inside them is measured without a change here.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from transformers import PreTrainedModel

from benchmarks.setup import Setup
from nucleate.capture.hidden_states import HiddenStates
from nucleate.capture.record import capture
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.subset import analysis_subset
from nucleate.kmeans.kmeans import kmeans
from nucleate.models.gpt2 import build_model
from nucleate.models.loading import load_model
from nucleate.pictures.tsne import embed
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Scores
from nucleate.settings.presets import ExperimentSettings, resolve
from nucleate.training.observer import TrainingRecord
from nucleate.training.trainer import train

NEVER = 10**9


@cache
def corpus_of(preset: str, *overrides: str) -> Corpus:
    settings = resolve(preset, overrides)
    return GrammarCorpus.build(settings.corpus, settings.seed)


def model_of(settings: ExperimentSettings, corpus: Corpus) -> PreTrainedModel:
    return build_model(
        settings.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=settings.seed
    )


@dataclass(frozen=True)
class Trained:
    """What training gave.

    Attributes:
        model: at the last step.
        step_seconds: from the end of one step to the end of the next, whatever lay between.
        seconds: of the whole, evaluations and checkpoints included.
        dtype: of the matrix products, as the program chose.
    """

    model: PreTrainedModel
    step_seconds: list[float]
    seconds: float
    dtype: str


Watch = Callable[[int], None]
"""Told of every step that has ended."""


def nobody(_step: int) -> None:
    """Watches nothing."""


def train_steps(settings: ExperimentSettings, corpus: Corpus, steps: int, watch: Watch = nobody) -> Trained:
    """Some training steps with nothing between them, as the program takes them."""
    changes = {"steps": steps, "warmup_steps": 0, "checkpoint_steps": (steps,), "evaluate_every": NEVER}
    training = settings.training.model_copy(update=changes)
    return train_whole(settings.model_copy(update={"training": training}), corpus, watch=watch)


def train_whole(
    settings: ExperimentSettings,
    corpus: Corpus,
    folder: Path | None = None,
    watch: Watch = nobody,
) -> Trained:
    """Training as in a run, with its evaluations and checkpoints, in `folder` or one that is thrown away."""
    with tempfile.TemporaryDirectory() as temporary:
        run = RunFolder.create(folder or Path(temporary) / "run", settings.to_toml())
        model, ends = model_of(settings, corpus), []

        def on_record(record: TrainingRecord) -> None:
            ends.append(time.perf_counter())
            watch(record.step)

        observer = SimpleNamespace(on_record=on_record, on_checkpoint=_ignore, on_note=_ignore)
        begun = time.perf_counter()
        with run.stage("training", ""):
            train(model, corpus, settings.training, run, seed=settings.seed, observer=observer)
        seconds, dtype = time.perf_counter() - begun, run.manifest["precision"]["dtype"]
    return Trained(model, [after - before for before, after in itertools.pairwise(ends)], seconds, dtype)


def _ignore(*_: object) -> None: ...


def accuracy_of(model: PreTrainedModel, corpus: Corpus, split: str = "validation") -> float:
    """Share of a split that a model answers right, ours or a peer's: counted in one way for both."""
    rows = np.flatnonzero(corpus.table["split"].to_numpy(zero_copy_only=False) == split)
    states = capture(model, corpus, rows, step=0, positions=("input",))
    return float((states.predicted == states.expected).mean())


@dataclass(frozen=True)
class Study:
    """A short training with its checkpoints: real states for what works on states."""

    corpus: Corpus
    corpus_folder: Path
    settings: ExperimentSettings
    checkpoints: tuple[Path, ...]

    def rows(self, n: int) -> np.ndarray:
        """Training instances, one per instruction, spread over the tasks."""
        return analysis_subset(
            self.corpus, self.corpus.n_tasks, n, ("train",), self.settings.seed, per_instruction=1
        )

    def states(self, n: int, checkpoint: int = -1) -> HiddenStates:
        return capture_states(self.checkpoints[checkpoint], self.corpus, self.rows(n))


@cache
def study_of(setup: Setup) -> Study:
    steps = setup.sizes.study_steps
    settings = resolve(
        setup.sizes.preset, [f"training.steps={steps[-1]}", f"training.checkpoint_steps={list(steps)}"]
    )
    corpus, folder = corpus_of(setup.sizes.preset), setup.work / "study"
    run = RunFolder.create(folder, settings.to_toml())
    if run.checkpoint_steps() != list(steps):
        train_whole(settings, corpus, folder)
        corpus.save(run.corpus)
    return Study(corpus, run.corpus, settings, tuple(run.checkpoint(step) for step in steps))


def capture_states(checkpoint: Path, corpus: Corpus, rows: np.ndarray) -> HiddenStates:
    return capture(load_model(checkpoint), corpus, rows, step=0, positions=("last_instruction",))


def kmeans_inertia(
    points: np.ndarray, n_clusters: int, n_init: int, seed: int, *, breathes: bool = False
) -> float:
    """Inertia of the best start, summed over layers."""
    found = kmeans(points, n_clusters, n_init=n_init, seed=seed, breathes=breathes)
    return float(found.inertia.min(axis=1).sum())


def pictures(series: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """t-SNE of the same examples at one checkpoint after the other, each from the one before."""
    made: list[np.ndarray] = []
    for points in series:
        made.append(embed(points, made[-1] if made else None, seed=seed).picture)
    return made


def command(*arguments: str) -> list[str]:
    """The program as a user calls it: the installed command where there is one."""
    installed = Path(sys.executable).with_name("nucleate")
    return (
        [str(installed), *arguments] if installed.exists() else [sys.executable, "-m", "nucleate", *arguments]
    )


def run_folder(setup: Setup) -> RunFolder:
    """The run that whole processes are timed on, and that the page is built from."""
    return RunFolder(setup.work / f"run-{setup.sizes.preset}")


def stage_seconds(folder: RunFolder) -> dict[str, float]:
    """Of a finished run."""
    return {name: stage["seconds"] for name, stage in folder.manifest["stages"].items()}


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


def instances_per_step(settings: ExperimentSettings, corpus: Corpus) -> int:
    """How many instances a step of ours sees in the mean: what peers are given as their batch."""
    trained = corpus.of_split("train")
    per_instruction = trained.num_rows / len(np.unique(trained["instruction_id"].to_numpy()))
    return round(settings.training.batch_instructions * per_instruction)


def prompts_at(corpus: Corpus, rows: np.ndarray) -> tuple[list[list[int]], list[int]]:
    """What is captured, `[I; x]` without the output, and the lengths of I."""
    table = corpus.table.take(rows)
    instruction = corpus.spans(table).told[:, 1].tolist()
    return [ids[:-1] for ids in table["input_ids"].to_pylist()], instruction
