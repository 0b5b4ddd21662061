"""What a Python user calls: a function for every verb of the command line, and `Run`, a folder to read.

What is hidden: that reading a run needs neither torch nor transformers. They are loaded by the functions that
train or capture, when these are called.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nucleate.claims.verdicts import ClaimVerdict, read_claims
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Scores
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings, resolve
from nucleate.stages.context import settings_of
from nucleate.stages.observer import Observer, Silent

if TYPE_CHECKING:
    from nucleate.corpus.corpus import Corpus


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
        from nucleate.corpus.saved import load_corpus  # noqa: PLC0415

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
    from nucleate.experiment import run_experiment  # noqa: PLC0415

    settings = resolve(preset, overrides) if isinstance(preset, str) else preset
    return Run(run_experiment(settings, Path(out), observer or Silent(), command))


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
        prompts: JSONL or CSV; see `docs/your-model.md`.
        out: the folder of the analysis; a second call on it goes on where the first stopped.
        revisions: of the Hub, or a single folder of checkpoints.
        overrides: `key=value` with dotted keys, such as `scoring.n_examples=500`.
        observer: who watches; nobody where it is not given.
        command: the command line, for the manifest.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    from nucleate.experiment import run_analysis  # noqa: PLC0415

    how = {"revisions": revisions, "overrides": overrides, "command": command}
    return Run(run_analysis(str(model), str(prompts), Path(out), observer or Silent(), **how))


def load_run(path: Path | str) -> Run:
    """A run's folder for reading. Raises RunFolderError where `path` is not one."""
    return Run(RunFolder.open(Path(path)))


def load_runs(paths: Iterable[Path | str]) -> list[Run]:
    """Runs' folders for reading. Raises RunFolderError where one is not."""
    return [load_run(path) for path in paths]


def run_seeds(
    preset: str | ExperimentSettings,
    out: Path | str,
    n_seeds: int,
    *,
    overrides: Iterable[str] = (),
    observer: Observer | None = None,
) -> list[Run]:
    """The whole experiment with each of several seeds, in turn, or what is left of it.

    Args:
        preset: a preset's name, a TOML file, or settings; the first seed is theirs.
        out: the runs' folders are beside this path: `runs/quick` gives `runs/quick-seed1` and so on.
        n_seeds: how many.
        overrides: `key=value` with dotted keys.
        observer: who watches all of them.

    Raises:
        NucleateError: whatever a user can get wrong.
    """
    from nucleate.sweep.seeds import plan_seeds  # noqa: PLC0415

    settings = resolve(preset, overrides) if isinstance(preset, str) else preset
    planned = plan_seeds(settings, Path(out), n_seeds)
    return [run(one, folder, observer=observer) for one, folder in planned]
