"""The experiment: its stages in order, on one folder.

A run goes on where it stopped, because each stage knows whether it is done. Nothing is decided here but
the order, and which stages a change of settings touches.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from nucleate.claims import ClaimVerdict, read_claims
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.saved import load_corpus
from nucleate.errors import ConfigError
from nucleate.presets import (
    AnalysisSettings,
    ExperimentSettings,
    MeasurementSettings,
    resolve,
    resolve_analysis,
    settings_of,
)
from nucleate.run_folder import RunFolder
from nucleate.scores import Scores
from nucleate.series.audit import Audited
from nucleate.series.series import Series, find_series
from nucleate.stages.making import capture_series, make_corpus, make_prompt_corpus, train_model
from nucleate.stages.measuring import intervene, intervene_if_possible, score, unseen
from nucleate.stages.observer import Observer, Silent
from nucleate.stages.showing import draw, make_report
from nucleate.subjects import Given, Subject, Trained

_PACKAGES = ("torch", "transformers", "numpy", "pyarrow", "automata-lib")


@dataclass(frozen=True)
class Run:
    """A run's folder with what is in it, each part read when it is asked for."""

    folder: RunFolder

    @property
    def settings(self) -> ExperimentSettings | AnalysisSettings:
        return settings_of(self.folder)

    @property
    def scores(self) -> Scores:
        self.folder.require("scoring")
        return Scores.read(self.folder.scores)

    @property
    def corpus(self) -> Corpus:
        self.folder.require("corpus")
        return load_corpus(self.folder.corpus)

    @property
    def claims(self) -> list[ClaimVerdict]:
        self.folder.require("claims")
        return read_claims(self.folder.claims)


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
    observer = observer or Silent()
    folder = RunFolder.create(Path(out), settings.to_toml())
    with folder.locked():
        _describe(folder, settings, command)
        corpus = make_corpus(settings, folder, observer)
        train_model(settings, folder, corpus, observer)
        subject = Trained(folder, settings.model.name, settings.training.device)
        _measure(settings, folder, corpus, subject, observer)
    return Run(folder)


def analyze(
    model: str | Path,
    prompts: str | Path,
    out: Path | str,
    *,
    revisions: Iterable[str] = (),
    overrides: Iterable[str] = (),
    observer: Observer | None = None,
    command: Iterable[str] = (),
) -> Run:
    """Any causal language model of Hugging Face, on one's own labelled prompts.

    Args:
        model: a folder, a GGUF file, or a name on the Hub.
        prompts: JSONL or CSV; see `corpus/prompts.py`.
        out: the folder of the analysis; a second call on it goes on where the first stopped.
        revisions: of the Hub, or a single folder of checkpoints.
        overrides: `key=value` with dotted keys, such as `scoring.n_examples=500`.
        observer: who watches; nobody where it is not given.
        command: the command line, for the manifest.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    settings, read = resolve_analysis(series_values(str(model), revisions), {"file": str(prompts)}, overrides)
    observer = observer or Silent()
    series = _series_of(settings, RunFolder(Path(out)))
    folder = RunFolder.create(Path(out), settings.to_toml())
    with folder.locked():
        _describe(folder, settings, command)
        folder.describe(audit=[asdict(row) for row in series.table])
        corpus = make_prompt_corpus(settings, read, series, folder, observer)
        capture_series(settings, folder, corpus, series, observer)
        _measure(settings, folder, corpus, Given(folder, series, settings.seed), observer)
    return Run(folder)


def series_values(model: str, revisions: Iterable[str]) -> dict[str, Any]:
    """What is asked for as `[model]`; a single revision that is a folder here is one of checkpoints."""
    asked = list(revisions)
    if len(asked) == 1 and Path(asked[0]).is_dir():
        return {"name": model, "folder": asked[0]}
    return {"name": model, "revisions": asked}


def _series_of(settings: AnalysisSettings, folder: RunFolder) -> Series:
    """The checkpoints, as they were when the analysis began where they are on the Hub."""
    known = [Audited(**row) for row in folder.manifest.get("audit", [])]
    return find_series(settings.model, folder.downloads, known)


def _measure(
    settings: MeasurementSettings, folder: RunFolder, corpus: Corpus, subject: Subject, observer: Observer
) -> None:
    """Everything that comes after the states."""
    score(settings, folder, corpus, subject, observer)
    unseen(settings, folder, corpus, subject, observer)
    if settings.intervene.in_run:
        intervene_if_possible(settings, folder, corpus, subject, observer)
    draw(settings, folder, observer)
    make_report(folder, observer)


def _subject_of(
    settings: ExperimentSettings | AnalysisSettings, folder: RunFolder, corpus: Corpus, observer: Observer
) -> Subject:
    """What is measured in a folder; of an analysis, states that are wanted now are captured first."""
    if isinstance(settings, ExperimentSettings):
        folder.require("training")
        return Trained(folder, settings.model.name, settings.training.device)
    series = _series_of(settings, folder)
    capture_series(settings, folder, corpus, series, observer)
    return Given(folder, series, settings.seed)


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
        corpus = load_corpus(folder.corpus)
        subject = _subject_of(settings, folder, corpus, observer)
        folder.write_config(settings.to_toml())
        score(settings, folder, corpus, subject, observer)
        draw(settings, folder, observer)
        make_report(folder, observer)
    return Run(folder)


def redraw(folder: RunFolder) -> Run:
    """Verdicts, figures and page again, from the scores that are there; needs no model."""
    with folder.locked():
        draw(settings_of(folder), folder, Silent(), again=True)
        make_report(folder, Silent(), again=True)
    return Run(folder)


def analyse_again(folder: RunFolder, stage: str, overrides: Iterable[str], observer: Observer) -> Run:
    """Run the stage `unseen` or `intervene` of a finished training with changed settings of its own."""
    overrides = list(overrides)
    wrong = [one for one in overrides if not one.startswith(f"{stage}.")]
    if wrong:
        raise ConfigError(f"{wrong[0]} is not about {stage}", f"Change {stage}.* here.")
    with folder.locked():
        settings = settings_of(folder, overrides)
        folder.require("corpus")
        corpus = load_corpus(folder.corpus)
        subject = _subject_of(settings, folder, corpus, observer)
        folder.write_config(settings.to_toml())
        {"unseen": unseen, "intervene": intervene}[stage](settings, folder, corpus, subject, observer)
        draw(settings, folder, observer)
        make_report(folder, observer)
    return Run(folder)


def _describe(folder: RunFolder, settings: MeasurementSettings, command: Iterable[str]) -> None:
    versions = {name: importlib.metadata.version(name) for name in ("nucleate", *_PACKAGES)}
    folder.describe(
        seed=settings.seed,
        command=" ".join(command),
        versions={"python": platform.python_version(), **versions},
        platform=platform.platform(),
        processors=os.cpu_count(),
        threads=torch.get_num_threads(),
    )
