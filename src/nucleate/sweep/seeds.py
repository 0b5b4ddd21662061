"""The same experiment with several seeds: which folders, which scores together.

This module hides where the runs of several seeds lie. A run is named by its folder and its seed; what is
drawn or judged over seeds takes the joint table and knows no folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nucleate.claims.settings import ClaimSettings
from nucleate.errors import ConfigError, ScoresError
from nucleate.figures.gallery import draw_figures
from nucleate.run_folder.atomic_write import whole
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.paths import beside
from nucleate.scores import Scores
from nucleate.settings.presets import ExperimentSettings
from nucleate.stages.context import settings_of


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
    return [(settings.model_copy(update={"seed": seed}), beside(out, f"seed{seed}")) for seed in seeds]


def joint_scores(folders: Sequence[RunFolder]) -> Scores:
    """The scores of several runs in one table, told apart by the columns `run` and `seed`.

    Raises:
        ScoresError: two runs have one name and one seed, so their rows could not be told apart.
    """
    names = [(folder.name, settings_of(folder).seed) for folder in folders]
    for name, seed in names:
        if names.count((name, seed)) > 1:
            raise ScoresError(
                f"two runs are both named {name} and have seed {seed}", "Rename one folder, or leave one out."
            )
    for folder in folders:
        folder.require("scoring")
    return Scores.concatenate(Scores.read(folder.scores) for folder in folders)


def joint_folder(out: Path) -> Path:
    """Where the joint figures of the seeds of `out` lie."""
    return beside(out, "seeds")


def draw_joint_figures(folders: Sequence[RunFolder], out: Path, where: ClaimSettings) -> None:
    """Draw the figures of several runs together into `OUT-seeds`; they are there whole or not at all.

    Raises:
        ScoresError: two runs cannot be told apart.
        RunFolderError: the figures cannot be written.
    """
    scores = joint_scores(folders)
    with whole(joint_folder(out)) as path:
        draw_figures(scores, path, where.view.measured(scores))
