"""The same experiment with several seeds: which folders, which scores together.

This module hides where the runs of several seeds lie, and that joint figures are laid into their folder one
by one: it keeps no account of what is in it, so nothing else there is touched. A run is named by its folder
and its seed; what is drawn or judged over seeds takes the joint table and knows no folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nucleate.claims.settings import ClaimSettings
from nucleate.errors import ConfigError, RunFolderError, ScoresError
from nucleate.figures.gallery import draw_figures
from nucleate.run_folder.atomic_write import flush_to_disk, put_in_place, written_beside
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.paths import beside
from nucleate.scores import Scores
from nucleate.settings.presets import ExperimentSettings
from nucleate.stages.context import settings_of

_ELSEWHERE = "Make room or choose another folder with --out."


def plan_seeds(
    settings: ExperimentSettings, out: Path, n_seeds: int
) -> list[tuple[ExperimentSettings, Path]]:
    """Settings and folder of each run: seeds from the settings' own on, in `OUT-seed1` and so on.

    Raises:
        ConfigError: fewer than one seed. RunFolderError: joint figures cannot be laid where they belong.
    """
    joint = joint_folder(out)
    if joint.exists() and not joint.is_dir():
        raise RunFolderError(
            f"{joint} is a file, and the joint figures go there", "Move it, or change --out."
        )
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
    """Draw the figures of several runs together into `OUT-seeds`; each is there whole or not at all.

    Raises:
        ScoresError: two runs cannot be told apart.
        RunFolderError: the figures cannot be written.
    """
    scores, joint = joint_scores(folders), joint_folder(out)
    with written_beside(joint, _ELSEWHERE) as drawn:
        draw_figures(scores, drawn, where.view.measured(scores))
        flush_to_disk(drawn)
        joint.mkdir(exist_ok=True)
        for figure in sorted(drawn.iterdir()):
            put_in_place(figure, joint / figure.name)
