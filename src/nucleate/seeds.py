"""The same experiment with several seeds: which folders, which scores together.

Hidden here: where the runs of several seeds lie. A run is named by its folder and its seed; what is drawn
or judged over seeds takes the joint table and knows no folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from nucleate.errors import ConfigError, ScoresError
from nucleate.experiment import Run, load_run, run
from nucleate.presets import ExperimentSettings, resolve
from nucleate.scores import Scores
from nucleate.stages.observer import Observer


def plan_seeds(
    settings: ExperimentSettings, out: Path, n_seeds: int
) -> list[tuple[ExperimentSettings, Path]]:
    """Settings and folder of each run: seeds from the settings' own on, in `OUT-seed1` and so on.

    Raises:
        ConfigError: fewer than one seed.
    """
    if n_seeds < 1:
        raise ConfigError(f"expected one seed or more, got {n_seeds}", "Write for instance: --seeds 5")
    seeds = range(settings.seed, settings.seed + n_seeds)
    return [
        (settings.model_copy(update={"seed": seed}), out.with_name(f"{out.name}-seed{seed}"))
        for seed in seeds
    ]


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
    settings = resolve(preset, overrides) if isinstance(preset, str) else preset
    planned = plan_seeds(settings, Path(out), n_seeds)
    return [run(one, folder, observer=observer) for one, folder in planned]


def load_runs(paths: Iterable[Path | str]) -> list[Run]:
    """Runs' folders for reading. Raises RunFolderError where one is not."""
    return [load_run(path) for path in paths]


def joint_scores(runs: Sequence[Run]) -> Scores:
    """The scores of several runs in one table, told apart by the columns `run` and `seed`.

    Raises:
        ScoresError: two runs have one name and one seed, so their rows could not be told apart.
    """
    names = [(one.folder.path.name, one.settings.seed) for one in runs]
    for name, seed in names:
        if names.count((name, seed)) > 1:
            raise ScoresError(
                f"two runs are both named {name} and have seed {seed}", "Rename one folder, or leave one out."
            )
    return Scores.concatenate(one.scores for one in runs)
