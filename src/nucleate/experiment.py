"""The experiment: its stages in order, on one folder.

A run goes on where it stopped, because each stage knows whether it is done. Nothing is decided here but
the order, and which stages a change of settings touches.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch

from nucleate.corpus.corpus import Corpus
from nucleate.corpus.prompts.settings import ARRAYS
from nucleate.corpus.saved import load_corpus
from nucleate.errors import ConfigError, RunFolderError
from nucleate.models.loading import pick_device
from nucleate.models.series.audit import Audited
from nucleate.models.series.in_memory import Loaded, SeriesInMemory
from nucleate.models.series.series import Series, find_series, is_folder_of_checkpoints
from nucleate.models.series.settings import IN_MEMORY
from nucleate.processes import THIS_MACHINE, Workplace
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings, MeasurementSettings
from nucleate.stages.capturing import capture_series
from nucleate.stages.context import FolderContext, StageContext, settings_of
from nucleate.stages.making import make_corpus, make_prompt_corpus, train_model
from nucleate.stages.measuring import intervene, intervene_if_possible, score, unseen
from nucleate.stages.observer import Observer
from nucleate.stages.planning.analysis_settings import resolve_analysis
from nucleate.stages.planning.checks import require_measurable, without_partition
from nucleate.stages.planning.prompt_sample import notes_on
from nucleate.stages.showing import draw, judge, make_report
from nucleate.stages.subjects import Given, Kept, Subject, Trained

AFTER_TRAINING = ("scoring", "unseen", "intervene", "claims", "figures", "report")
"""The stages of a run that come after its training, in order."""
_PACKAGES = ("torch", "transformers", "numpy", "pyarrow", "automata-lib")
_MEASURING: dict[str, Callable[[StageContext[MeasurementSettings]], None]] = {
    "scoring": score,
    "unseen": unseen,
    "intervene": intervene,
}


def run_experiment(
    settings: ExperimentSettings,
    out: Path,
    observer: Observer,
    command: Iterable[str] = (),
    *,
    wanted: Collection[str] = AFTER_TRAINING,
) -> RunFolder:
    """The whole experiment, or what is left of it, in the folder `out`.

    Args:
        settings: of all of it.
        out: the run's folder.
        observer: who watches.
        command: the command line, for the manifest.
        wanted: the stages after the training; a sweep may want fewer of them.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    pick_device(settings.training.device)  # fails before anything is begun
    folder = RunFolder.reserve(out, settings.to_toml())
    with folder.locked():
        _describe(folder, settings, command, observer)
        context = FolderContext(settings, folder, observer)
        corpus = make_corpus(context)
        train_model(context, corpus)
        if wanted:
            _measure(context.measuring(corpus, _trained(settings, folder)), wanted)
    return folder


def run_corpus(settings: ExperimentSettings, out: Path, observer: Observer) -> RunFolder:
    """The corpus of a run alone; `run_experiment` in the same folder goes on from it.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    folder = RunFolder.reserve(out, settings.to_toml())
    with folder.locked():
        make_corpus(FolderContext(settings, folder, observer))
    return folder


def run_analysis(
    model: str | Loaded,
    prompts: str,
    out: Path,
    observer: Observer,
    *,
    revisions: Iterable[str] = (),
    overrides: Iterable[str] = (),
    command: Iterable[str] = (),
    workplace: Workplace = THIS_MACHINE,
) -> RunFolder:
    """Any causal language model of Hugging Face on labeled prompts, or what is left of that.

    Args:
        model: where it is, or itself.
        prompts: a file of them.
        out: the folder of the analysis.
        observer: who watches.
        revisions: of the Hub, or a single folder of checkpoints.
        overrides: `key=value`, over everything.
        command: the command line, for the manifest.
        workplace: where checkpoints are captured and scored.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    asked = {"name": IN_MEMORY + model.name} if isinstance(model, Loaded) else series_values(model, revisions)
    settings, read = resolve_analysis(asked, {"file": prompts}, overrides)
    pick_device(settings.model.device)
    series = (
        SeriesInMemory.holding(settings.model, model)
        if isinstance(model, Loaded)
        else _series_of(settings, RunFolder(out))
    )
    folder = RunFolder.reserve(out, settings.to_toml())
    with folder.locked():
        _describe(folder, settings, command, observer)
        said = notes_on(settings, read)
        for note in said:
            observer.on_note(note)
        folder.describe(prompts=said)
        folder.describe(audit=[asdict(row) for row in series.table])
        if series.note:
            observer.on_stage("steps", series.note)
        context = FolderContext(settings, folder, observer, workplace=workplace)
        corpus = make_prompt_corpus(context, read, series)
        capture_series(context, corpus, series)
        _measure(context.measuring(corpus, Given(folder, series, settings.seed)))
    return folder


def series_values(model: str, revisions: Iterable[str]) -> dict[str, Any]:
    """What is asked for as `[model]`; a model or a single revision may be a folder of checkpoints here."""
    asked = list(revisions)
    if not asked and is_folder_of_checkpoints(Path(model)):
        return {"name": Path(model).resolve().name, "folder": model}
    if len(asked) == 1 and Path(asked[0]).is_dir():
        return {"name": model, "folder": asked[0]}
    return {"name": model, "revisions": asked}


def measure_again(
    folder: RunFolder,
    stage: Literal["scoring", "unseen", "intervene"],
    overrides: Iterable[str],
    observer: Observer,
) -> None:
    """Make one stage of a finished run again with changed settings of its own; the folder then has those."""
    asked = list(overrides)
    own = ("scoring.", "claims.") if stage == "scoring" else (f"{stage}.",)
    wrong = [one for one in asked if not one.startswith(own)]
    if wrong:
        raise ConfigError(
            f"{wrong[0]} is not about {stage}",
            f"Change {' or '.join(f'{each}*' for each in own)} here; start another run for the rest.",
        )
    with folder.locked():
        settings = settings_of(folder, asked)
        refuse_arrays(folder, settings)
        folder.require("corpus")
        corpus = load_corpus(folder.corpus)
        require_measurable(settings, corpus, intervene=stage == "intervene")
        context = FolderContext(settings, folder, observer)
        measuring = context.measuring(corpus, subject_of(context, corpus))
        _MEASURING[stage](measuring)
        folder.write_config(settings.to_toml())
        draw(context)
        make_report(context)


def _measure(context: StageContext[MeasurementSettings], wanted: Collection[str] = AFTER_TRAINING) -> None:
    """Everything that comes after the states."""
    if not context.folder.is_finished("scoring"):
        for factor in without_partition(context.settings, context.corpus):
            context.observer.on_stage(
                "scoring", f"leaves out {factor}: no label is there twice beside another"
            )
    score(context)
    if "unseen" in wanted:
        unseen(context)
    if "intervene" in wanted and context.settings.intervene.in_run:
        intervene_if_possible(context)
    if "figures" in wanted:
        draw(context)
    elif "claims" in wanted:
        judge(context)
    if "report" in wanted:
        make_report(context)


def subject_of(context: FolderContext[ExperimentSettings | AnalysisSettings], corpus: Corpus) -> Subject:
    """What is measured in a folder; of an analysis, states that are wanted now are captured first."""
    settings, folder = context.settings, context.folder
    if isinstance(settings, ExperimentSettings):
        folder.require("training")
        return _trained(settings, folder)
    if settings.model.is_gone:
        folder.require("capture")
        return Kept(folder, settings.model.name.partition(":")[2], folder.state_steps())
    series = _series_of(settings, folder)
    capture_series(FolderContext(settings, folder, context.observer), corpus, series)
    return Given(folder, series, settings.seed)


def refuse_arrays(folder: RunFolder, settings: ExperimentSettings | AnalysisSettings) -> None:
    """Raises RunFolderError where the folder was scored from arrays."""
    if isinstance(settings, AnalysisSettings) and settings.prompts.file == ARRAYS:
        raise RunFolderError(
            f"{folder.path} was scored from arrays, which are not kept in it",
            "Score the arrays again from Python: nucleate.score(states, labels, out=..., overrides=...).",
        )


def _trained(settings: ExperimentSettings, folder: RunFolder) -> Trained:
    return Trained(folder, settings.model.name, settings.training.device)


def _series_of(settings: AnalysisSettings, folder: RunFolder) -> Series:
    """The checkpoints, as they were when the analysis began where they are on the Hub."""
    known = [Audited(**row) for row in folder.manifest.get("audit", [])]
    return find_series(settings.model, folder.downloads, known)


def _describe(
    folder: RunFolder, settings: MeasurementSettings, command: Iterable[str], observer: Observer
) -> None:
    threads, before = torch.get_num_threads(), folder.manifest.get("threads")
    if before not in (None, threads):
        observer.on_note(
            f"Begun with {before} threads, now {threads}: sums are added in another order and may differ in "
            f"their last digits; OMP_NUM_THREADS={before} gives the same bytes"
        )
    versions = {name: importlib.metadata.version(name) for name in ("nucleate", *_PACKAGES)}
    folder.describe(
        seed=settings.seed,
        command=shlex.join(command),
        versions={"python": platform.python_version(), **versions},
        platform=platform.platform(),
        processors=os.cpu_count(),
        threads=threads,
    )
