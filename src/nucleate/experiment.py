"""The stages in order: corpus, training, scoring, claims, figures, report.

Each stage reads the run's folder and writes to it, and is skipped where it was finished from the same
inputs, so a run goes on where it stopped. Nothing is decided here but the order.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from pydantic import Field
from transformers import PreTrainedModel

from nucleate.capture.record import capture
from nucleate.claims import ClaimSettings, ClaimVerdict, judge_claims, read_claims, write_claims
from nucleate.clustering.agreement import adjusted_rand_index
from nucleate.clustering.controls import bag_of_tokens_control, untrained_control
from nucleate.clustering.embedded_scoring import EmbeddedScorer
from nucleate.clustering.kmeans import kmeans
from nucleate.clustering.projection import POINTS_PER_SPLIT, Projector, balanced_order
from nucleate.clustering.scoring import score_states
from nucleate.clustering.settings import ScoringSettings, milestone_steps
from nucleate.config import Settings, nearest, override, read_toml
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.settings import CorpusSettings
from nucleate.corpus.subset import analysis_subset
from nucleate.emergence import emergence_table
from nucleate.errors import ConfigError
from nucleate.figures.gallery import draw_figures
from nucleate.hidden_states import HiddenStates
from nucleate.models import ModelSettings, build_model, load_model, pick_device
from nucleate.report.page import build_page
from nucleate.run_folder import RunFolder, digest_of
from nucleate.scores import Scores
from nucleate.training.trainer import TrainingObserver, TrainingRecord, TrainingSettings, train

_PACKAGES = ("torch", "transformers", "numpy", "pyarrow", "automata-lib")
_LIVE_EXAMPLES, _LIVE_STARTS = 400, 2


class ExperimentSettings(Settings):
    """Every setting of a run."""

    seed: int = Field(1, ge=0)
    corpus: CorpusSettings = CorpusSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    scoring: ScoringSettings = ScoringSettings()
    claims: ClaimSettings = ClaimSettings()


class Observer(TrainingObserver, Protocol):
    """Who watches a run: training as it goes, and the stages."""

    def on_stage(self, name: str, what: str) -> None:
        """`what` is `begins`, `ends`, or `is done already`."""

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None:
        """Quick agreement with task per site, on a small sample: for the eye, not for the table."""

    def on_progress(self, done: int, total: int) -> None:
        """Within a stage that counts what it does."""


@dataclass(frozen=True)
class Run:
    """A run's folder with what is in it, each part read when it is asked for."""

    folder: RunFolder

    @property
    def settings(self) -> ExperimentSettings:
        return settings_of(self.folder)

    @property
    def scores(self) -> Scores:
        self.folder.require("scoring")
        return Scores.read(self.folder.scores)

    @property
    def corpus(self) -> Corpus:
        self.folder.require("corpus")
        return Corpus.load(self.folder.corpus)

    @property
    def claims(self) -> list[ClaimVerdict]:
        self.folder.require("claims")
        return read_claims(self.folder.claims)


def preset_names() -> list[str]:
    """The presets that come with the program."""
    return sorted(
        file.name.removesuffix(".toml") for file in _presets().iterdir() if file.name.endswith(".toml")
    )


def resolve(
    preset_or_toml: str, overrides: Iterable[str] = (), seed: int | None = None
) -> ExperimentSettings:
    """Settings from a preset's name or a TOML file, then `key=value` overrides, then `seed`.

    Raises:
        ConfigError: no such preset or file, an unknown key, values that do not hold together.
    """
    if preset_or_toml in preset_names():
        with resources.as_file(_presets() / f"{preset_or_toml}.toml") as path:
            values = read_toml(path)
    elif preset_or_toml.endswith(".toml"):
        values = read_toml(Path(preset_or_toml))
    else:
        raise ConfigError(
            f"no preset {preset_or_toml!r}.{nearest(preset_or_toml, preset_names())}",
            f"Presets: {', '.join(preset_names())}; or name a file that ends in .toml.",
        )
    chosen = [*overrides, *([] if seed is None else [f"seed={seed}"])]
    return ExperimentSettings.from_mapping(override(values, chosen), preset_or_toml)


def settings_of(folder: RunFolder, overrides: Iterable[str] = ()) -> ExperimentSettings:
    """The settings that a folder was made with, changed by `overrides`."""
    folder.read_config()
    values = override(read_toml(folder.config_toml), overrides)
    return ExperimentSettings.from_mapping(values, str(folder.config_toml))


def run(
    preset: str | ExperimentSettings,
    out: Path | str,
    *,
    overrides: Iterable[str] = (),
    observer: Observer | None = None,
    command: Iterable[str] = (),
) -> Run:
    """The whole experiment, or what is left of it, in the folder `out`.

    Args:
        preset: a preset's name, a TOML file, or settings.
        out: the run's folder; a second call on it goes on where the first stopped.
        overrides: `key=value` with dotted keys, such as `training.steps=800`.
        observer: who watches; nobody where it is not given.
        command: the command line, for the manifest.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    settings = resolve(preset, overrides) if isinstance(preset, str) else preset
    observer = observer or _Silent()
    folder = RunFolder.create(Path(out), settings.to_toml())
    with folder.locked():
        _describe(folder, settings, command)
        corpus = make_corpus(settings, folder, observer)
        _train(settings, folder, corpus, observer)
        score(settings, folder, corpus, observer)
        draw(settings, folder, observer)
        make_report(folder, observer)
    return Run(folder)


def load_run(path: Path | str) -> Run:
    """A run's folder for reading. Raises RunFolderError where `path` is not one."""
    return Run(RunFolder.open(Path(path)))


def rescore(folder: RunFolder, overrides: Iterable[str], observer: Observer) -> Run:
    """Score a finished training again with changed `scoring.` settings; the folder then has those."""
    overrides = list(overrides)
    wrong = [one for one in overrides if not one.startswith(("scoring.", "claims."))]
    if wrong:
        raise ConfigError(
            f"{wrong[0]} is not about scoring",
            "Change scoring.* or claims.* here; start another run for the rest.",
        )
    with folder.locked():
        settings = settings_of(folder, overrides)
        folder.require("corpus")
        folder.require("training")
        folder.write_config(settings.to_toml())
        score(settings, folder, Corpus.load(folder.corpus), observer)
        draw(settings, folder, observer)
        make_report(folder, observer)
    return Run(folder)


def redraw(folder: RunFolder) -> Run:
    """Verdicts, figures and page again, from the scores that are there; needs no model."""
    with folder.locked():
        draw(settings_of(folder), folder, _Silent(), again=True)
        make_report(folder, _Silent(), again=True)
    return Run(folder)


def make_corpus(settings: ExperimentSettings, folder: RunFolder, observer: Observer) -> Corpus:
    """Build the corpus, or read the one that is there."""
    inputs = digest_of(settings.seed, settings.corpus.digest())
    if folder.is_done("corpus", inputs):
        observer.on_stage("corpus", "is done already")
        return Corpus.load(folder.corpus)
    observer.on_stage("corpus", "begins")
    with folder.stage("corpus", inputs):
        corpus = Corpus.build(settings.corpus, settings.seed)
        with folder.commit(folder.corpus) as path:
            corpus.save(path)
    observer.on_stage("corpus", "ends")
    return corpus


def _train(settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer) -> None:
    parts = (
        settings.seed,
        settings.model.digest(),
        settings.training.digest(),
        folder.outputs_digest("corpus"),
    )
    inputs = digest_of(*parts)
    if folder.is_done("training", inputs):
        observer.on_stage("training", "is done already")
        return
    observer.on_stage("training", "begins")
    model = build_model(
        settings.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=settings.seed
    )
    with folder.stage("training", inputs):
        watcher = _AgreementWatcher(observer, corpus, settings)
        train(model, corpus, settings.training, folder, seed=settings.seed, observer=watcher)
    observer.on_stage("training", "ends")


def score(settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer) -> None:
    """Capture and score every checkpoint."""
    inputs = digest_of(
        settings.seed,
        settings.scoring.digest(),
        folder.outputs_digest("corpus"),
        folder.outputs_digest("training"),
    )
    if folder.is_done("scoring", inputs):
        observer.on_stage("scoring", "is done already")
        return
    folder.require("training")
    observer.on_stage("scoring", "begins")
    with folder.stage("scoring", inputs):
        scores = _score_checkpoints(settings, folder, corpus, observer)
        with folder.commit(folder.scores) as path:
            scores.write(path)
    observer.on_stage("scoring", "ends")


def _score_checkpoints(
    settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, observer: Observer
) -> Scores:
    scoring, steps = settings.scoring, folder.checkpoint_steps()
    rows = analysis_subset(
        corpus,
        scoring.n_tasks,
        scoring.n_examples,
        scoring.splits,
        settings.seed,
        scoring.instances_per_instruction,
        scoring.whole_instructions,
    )
    milestones = milestone_steps(steps, scoring.milestones)
    pictured = milestone_steps(steps, scoring.tsne_steps) if scoring.tsne else ()
    pictures = EmbeddedScorer(scoring, run=folder.path.name, model="gpt2", seed=settings.seed)
    projector = _projector(settings, folder, corpus, rows)
    parts = []
    for done, step in enumerate(steps):
        observer.on_progress(done, len(steps))
        states = _states_at(step, settings, folder, corpus, rows)
        parts.append(
            score_states(
                states,
                scoring,
                run=folder.path.name,
                model="gpt2",
                seed=settings.seed,
                milestone=step in milestones,
            )
        )
        if step in pictured:
            parts.append(pictures.score(states, parts[-1]))
        projector.add(states, tsne_positions=scoring.tsne_positions if step in pictured else ())
    observer.on_progress(len(steps), len(steps))
    _write_projections(folder, corpus, rows[projector.shown], projector)
    scores = Scores.concatenate(parts)
    bag_of_tokens = bag_of_tokens_control(scores, states, scoring, seed=settings.seed)
    return Scores.concatenate([scores, untrained_control(scores), bag_of_tokens])


def _states_at(
    step: int, settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, rows: np.ndarray
) -> HiddenStates:
    model = load_model(folder.checkpoint(step)).to(pick_device(settings.training.device))
    return capture(model, corpus, rows, step=step, positions=settings.scoring.positions)


def _projector(
    settings: ExperimentSettings, folder: RunFolder, corpus: Corpus, rows: np.ndarray
) -> Projector:
    """With the axes of the last checkpoint, so that all steps can be seen along them."""
    split, task = corpus.table["split"].to_numpy(zero_copy_only=False)[rows], corpus.labels()["task"][rows]
    shown = balanced_order(split, task, POINTS_PER_SPLIT, settings.seed)
    last = _states_at(folder.checkpoint_steps()[-1], settings, folder, corpus, rows[shown])
    return Projector(last, shown, settings.seed)


def _write_projections(folder: RunFolder, corpus: Corpus, rows: np.ndarray, projector: Projector) -> None:
    examples = corpus.table.take(rows).drop_columns(["input_ids"])
    tokens = corpus.tokenizer.convert_ids_to_tokens(list(range(corpus.vocab_size)))
    with folder.commit(folder.projections) as path:
        projector.finish(examples, tokens).write(path)


def draw(settings: ExperimentSettings, folder: RunFolder, observer: Observer, *, again: bool = False) -> None:
    """Judge the claims and draw the figures; needs no model."""
    inputs = digest_of(settings.claims.digest(), folder.outputs_digest("scoring"))
    if not again and folder.is_done("claims", inputs) and folder.is_done("figures", inputs):
        observer.on_stage("figures", "is done already")
        return
    folder.require("scoring")
    scores = Scores.read(folder.scores)
    observer.on_stage("figures", "begins")
    with folder.stage("claims", inputs):
        with folder.commit(folder.claims) as path:
            write_claims(judge_claims(scores, settings.claims), path)
        with folder.commit(folder.emergence) as path:
            emergence_table(scores).to_parquet(path, index=False)
    with folder.stage("figures", inputs), folder.commit(folder.figures) as path:
        draw_figures(scores, path, position=settings.claims.position, factor=settings.claims.factor)
    observer.on_stage("figures", "ends")


def make_report(folder: RunFolder, observer: Observer, *, again: bool = False) -> None:
    """Write the run's page from everything that is in its folder."""
    others = {stage: folder.outputs_digest(stage) for stage in folder.manifest["stages"] if stage != "report"}
    inputs = digest_of(others)
    if not again and folder.is_done("report", inputs):
        observer.on_stage("report", "is done already")
        return
    observer.on_stage("report", "begins")
    with folder.stage("report", inputs), folder.commit(folder.report) as path:
        path.write_text(build_page([folder]), encoding="utf-8")
    observer.on_stage("report", "ends")


class _AgreementWatcher:
    """Adds quick agreement at every checkpoint to what an observer is told."""

    def __init__(self, observer: Observer, corpus: Corpus, settings: ExperimentSettings) -> None:
        self.observer, self.corpus, self.position = observer, corpus, settings.claims.position
        self.rows = analysis_subset(
            corpus,
            settings.scoring.n_tasks,
            _LIVE_EXAMPLES,
            ("validation",),
            settings.seed,
            per_instruction=1,
        )

    def on_record(self, record: TrainingRecord) -> None:
        self.observer.on_record(record)

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None:
        self.observer.on_checkpoint(step, model)
        states = capture(model, self.corpus, self.rows, step=step, positions=(self.position,))
        tasks = states.labels["task"]
        found = kmeans(
            states.at(self.position), len(np.unique(tasks)), n_init=_LIVE_STARTS, seed=0
        ).best_labels
        agreement = [adjusted_rand_index(tasks, clusters) for clusters in found]
        self.observer.on_agreement(step, dict(zip(states.sites, agreement, strict=True)))


def _describe(folder: RunFolder, settings: ExperimentSettings, command: Iterable[str]) -> None:
    versions = {name: importlib.metadata.version(name) for name in ("nucleate", *_PACKAGES)}
    folder.describe(
        seed=settings.seed,
        command=" ".join(command),
        versions={"python": platform.python_version(), **versions},
        platform=platform.platform(),
        processors=os.cpu_count(),
        threads=torch.get_num_threads(),
    )


def _presets() -> Any:
    return resources.files("nucleate") / "presets"


class _Silent:
    """An observer that says nothing."""

    def on_stage(self, name: str, what: str) -> None: ...

    def on_record(self, record: TrainingRecord) -> None: ...

    def on_checkpoint(self, step: int, model: PreTrainedModel) -> None: ...

    def on_agreement(self, step: int, agreement: Mapping[str, float]) -> None: ...

    def on_progress(self, done: int, total: int) -> None: ...
