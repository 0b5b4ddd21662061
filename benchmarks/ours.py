"""Our side: how nucleate is called; the whole run that several parts share is in `our_run.py`.

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
from nucleate.settings.presets import ExperimentSettings, resolve
from nucleate.training.objective import answer_accuracy, pack_split
from nucleate.training.observer import TrainingRecord
from nucleate.training.packed_attention import packed
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
        precision: as the program chose it, by the name that its settings have for it: `bfloat16-eager`.
    """

    model: PreTrainedModel
    step_seconds: list[float]
    seconds: float
    precision: str


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
        seconds, chosen = time.perf_counter() - begun, run.manifest["precision"]
    precision = chosen["dtype"] if chosen["attention"] == "sdpa" else "{dtype}-{attention}".format(**chosen)
    return Trained(model, [after - before for before, after in itertools.pairwise(ends)], seconds, precision)


def _ignore(*_: object) -> None: ...


class Examiner:
    """Counts right answers as training does for its log, of a model of ours or of a peer's."""

    def __init__(self, settings: ExperimentSettings, corpus: Corpus, split: str = "validation") -> None:
        self._model = model_of(settings, corpus)
        self._model.set_attn_implementation(packed("sdpa"))
        training = settings.training
        self._rows = pack_split(corpus, split, training.objective, training.n_evaluation)

    def accuracy(self, model: PreTrainedModel) -> float:
        self._model.load_state_dict(model.state_dict())
        return answer_accuracy(self._model, self._rows)


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


def kmeans_inertia(points: np.ndarray, n_clusters: int, n_init: int, seed: int, *, breaths: int = 0) -> float:
    """Inertia of the best start, summed over layers."""
    found = kmeans(points, n_clusters, n_init=n_init, seed=seed, breaths=breaths)
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
