"""Runs and analyses made: from a preset's name, or somebody's model, to a folder to read.

This module hides how whatever names a run becomes checked settings and a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nucleate.api.settings import Overrides, Preset, resolve, workplace
from nucleate.api.watching.progress import watched
from nucleate.errors import ConfigError
from nucleate.run_folder.paths import beside, named

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.models.series.audit import Audit
    from nucleate.models.series.tensors import SharedTensors
    from nucleate.settings.presets import ExperimentSettings
    from nucleate.stages.observer import Observer

Watch = Callable[["ExperimentSettings", Path], AbstractContextManager["Observer"]]
"""Who watches a run with these settings in this folder, for as long as it is at work."""


def run(
    preset: Preset,
    out: Path | str | None = None,
    *,
    overrides: Overrides = (),
    seed: int | None = None,
    arms: bool = False,
    observer: Observer | None = None,
    command: Iterable[str] = (),
) -> Run:
    """The whole experiment, or what is left of it, in the folder `out`.

    Args:
        preset: a preset's name, a TOML file, or settings.
        out: the run's folder, `runs/PRESET` where it is not given; a second call on it goes on where the
            first stopped.
        overrides: changed settings, as a dictionary with nested or dotted keys, or as `key=value`.
        seed: the seed of everything; shorthand for the override `seed`.
        arms: train the control arms too, in `arms` of the run's folder; see `train_arms`.
        observer: who watches; nobody where it is not given, but for notebooks.
        command: the command line, for the manifest.

    Returns:
        The finished run, to read.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    from nucleate.api.runs import Run
    from nucleate.experiment import run_experiment

    settings, folder = resolve(preset, overrides, seed), _folder_of(preset, out)
    if arms:
        require_arms(settings)
    with watched(observer, settings.claims.position, settings.training.steps) as watcher:
        made = Run(run_experiment(settings, folder, watcher, command))
    return _with_arms([made], folder / "arms")[0] if arms else made


def require_arms(settings: ExperimentSettings) -> None:
    """Raises ConfigError where there are no control arms of such a run: before it is trained."""
    from nucleate.corpus.settings import CorpusSettings

    if not isinstance(settings.corpus, CorpusSettings):
        raise ConfigError("control arms are of grammars, and the corpus is of facts", "Leave the arms out.")


def _with_arms(runs: list[Run], place: Path) -> list[Run]:
    """The same runs, read anew once their arms are shown in them."""
    from nucleate.api.reading import load_runs
    from nucleate.api.sweeping import train_arms

    train_arms(runs, place)
    return load_runs([one.folder.path for one in runs])


def run_seeds(
    preset: Preset,
    out: Path | str | None = None,
    n_seeds: int = 5,
    *,
    overrides: Overrides = (),
    seed: int | None = None,
    arms: bool = False,
    watch: Watch | None = None,
    command: Iterable[str] = (),
) -> list[Run]:
    """The whole experiment with each of several seeds, in turn, or what is left of it; then joint figures.

    Args:
        preset: a preset's name, a TOML file, or settings.
        out: the runs' folders are beside this path: `runs/quick` gives `runs/quick-seed1` and so on, and
            `runs/quick-seeds` for the figures of all.
        n_seeds: how many.
        overrides: changed settings, as for `run`.
        seed: the first of the seeds; the settings' own where it is not given.
        arms: train the control arms of all seeds too, in `OUT-arms`; see `train_arms`.
        watch: called with settings and folder before each run; the observer that it yields watches that run.
        command: the command line, for the manifests.

    Returns:
        The finished runs, in the order of their seeds.

    Raises:
        NucleateError: whatever a user can get wrong.
    """
    from nucleate.api.runs import Run
    from nucleate.experiment import run_experiment
    from nucleate.sweep.seeds import draw_joint_figures, plan_seeds

    settings, folder = resolve(preset, overrides, seed), _folder_of(preset, out)
    if arms:
        require_arms(settings)
    watch = watch or (lambda one, _folder: watched(None, one.claims.position, one.training.steps))
    runs = []
    for one, own_folder in plan_seeds(settings, folder, n_seeds):
        with watch(one, own_folder) as observer:
            runs.append(Run(run_experiment(one, own_folder, observer, command)))
    draw_joint_figures([each.folder for each in runs], folder, settings.claims)
    return _with_arms(runs, beside(folder, "arms")) if arms else runs


def make_corpus(
    preset: Preset,
    out: Path | str | None = None,
    *,
    overrides: Overrides = (),
    seed: int | None = None,
    observer: Observer | None = None,
) -> Run:
    """Build the corpus of a run and nothing else; `run` on the same folder goes on from it.

    Args:
        preset: a preset's name, a TOML file, or settings.
        out: the run's folder, as for `run`.
        overrides: changed settings, as for `run`.
        seed: the seed of everything.
        observer: who watches; nobody where it is not given, but for notebooks.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    from nucleate.api.runs import Run
    from nucleate.experiment import run_corpus

    settings, folder = resolve(preset, overrides, seed), _folder_of(preset, out)
    with watched(observer, settings.claims.position) as watcher:
        return Run(run_corpus(settings, folder, watcher))


def analyze(
    model: Any,
    prompts: Any,
    out: Path | str | None = None,
    *,
    tokenizer: Any = None,
    revisions: Iterable[str] = (),
    overrides: Overrides = (),
    seed: int | None = None,
    on: Literal["local", "ray"] = "local",
    observer: Observer | None = None,
    command: Iterable[str] = (),
) -> Run:
    """Any causal language model of Hugging Face, on one's own labeled prompts.

    Args:
        model: a folder, a GGUF file, or a name on the Hub; or a model of transformers itself, of PEFT too. An
            object is not kept: its states are, so that it can be scored again.
        prompts: JSONL or CSV, see `docs/your-model.md`; or `everyday` or `facts`, which come along, a list of
            dicts, a DataFrame or a `datasets.Dataset`, which are written beside `out` as JSONL, to
            `OUT-prompts.jsonl`; a file of that name with other prompts is never replaced. Dates and
            decimals in them become text as they print.
        out: the folder of the analysis, `runs/MODEL` where it is not given; a second call on it goes on where
            the first stopped.
        tokenizer: of a model that is an object.
        revisions: of the Hub, or a single folder of checkpoints.
        overrides: changed settings, as for `run`.
        seed: of samples, clusters and intervals.
        on: this machine, or a Ray cluster whose nodes see `out` at the same path: a task for each checkpoint;
            overrides that begin with `ray.` are of the cluster, see `docs/scale.md`.
        observer: who watches; nobody where it is not given, but for notebooks.
        command: the command line, for the manifest.

    Returns:
        The finished analysis, to read.

    Raises:
        NucleateError: whatever a user can get wrong; nothing is overwritten.
    """
    from nucleate.api.runs import Run
    from nucleate.corpus.prompts.given_prompts import given_prompts
    from nucleate.experiment import run_analysis
    from nucleate.models.series.in_memory import Loaded
    from nucleate.settings.tables import assignments

    subject = str(model) if isinstance(model, str | Path) else Loaded.of(model, tokenizer)
    name = named(Path(subject)).name.removesuffix(".gguf") if isinstance(subject, str) else subject.name
    folder = Path(out) if out is not None else Path("runs") / name
    seeded = [] if seed is None else [f"seed={seed}"]
    with workplace(on, assignments(overrides)) as (place, others), watched(observer, "last") as watcher:
        how = {"revisions": revisions, "overrides": [*others, *seeded], "command": command}
        with given_prompts(prompts, folder).written() as file:
            return Run(run_analysis(subject, str(file), folder, watcher, workplace=place, **how))


def audit(
    model: str | Path, *, revisions: Iterable[str] = (), overrides: Overrides = (), tensors: bool = False
) -> tuple[Audit, list[SharedTensors]]:
    """Which checkpoints of a series have the same weights; no weights of the Hub are downloaded for it.

    Args:
        model: a folder, a GGUF file, or a name on the Hub.
        revisions: of the Hub, or a single folder of checkpoints.
        overrides: changed settings of `model`.
        tensors: compare single tensors too; for that, checkpoints are downloaded one at a time.

    Returns:
        The table of all checkpoints, and the tensors that one shares with another where they were compared.

    Raises:
        ConfigError: an override is wrong; ModelError: there is no such series.
    """
    from nucleate.experiment import series_values
    from nucleate.models.series.series import audit_of, shared_tensors_of
    from nucleate.models.series.settings import SeriesSettings
    from nucleate.settings.tables import assignments, override

    values = override({"model": series_values(str(model), revisions)}, assignments(overrides))["model"]
    settings = SeriesSettings.from_mapping(values, "the command line")
    return audit_of(settings), shared_tensors_of(settings) if tensors else []


def _folder_of(preset: Preset, out: Path | str | None) -> Path:
    if out is not None:
        return Path(out)
    if isinstance(preset, str | Path):
        return Path("runs") / Path(preset).stem
    raise ConfigError("settings have no name, so there is no folder for the run", "Give it as `out`.")
