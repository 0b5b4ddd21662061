"""Runs read: their scores, their verdicts, and whether their files are whole.

This module hides that nothing here needs a model, and that verdicts are judged from tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.claims.verdicts import ClaimOverRuns, ClaimVerdict


def load_run(path: Path | str) -> Run:
    """A run's folder for reading: settings, corpus, scores, verdicts.

    Raises:
        RunFolderError: `path` is not a run's folder.
    """
    from nucleate.api.runs import Run
    from nucleate.run_folder.folder import RunFolder

    return Run(RunFolder.open(Path(path)))


def load_runs(paths: Iterable[Path | str]) -> list[Run]:
    """Several runs' folders for reading.

    Raises:
        RunFolderError: one of them is not a run's folder.
    """
    return [load_run(path) for path in paths]


def verify(run: Run | Path | str) -> list[ClaimVerdict]:
    """Judge every claim from a run's tables; nothing is written.

    Returns:
        The verdicts at every position; those at the run's own, `run.claim_settings.position`, count.

    Raises:
        RunFolderError: it is no run's folder, or its scores are missing or edited.
    """
    return opened(run).judge()


def check(run: Run | Path | str) -> list[str]:
    """Prove that the files of a run's folder are those that its manifest lists, and as they were written.

    Returns:
        A line for every file that is missing, torn, edited or not listed; none where all are whole.

    Raises:
        RunFolderError: it is no run's folder, or its settings were edited.
    """
    folder = opened(run).folder
    folder.read_config()
    return [*folder.problems(), *folder.strangers()]


def judge_together(runs: Iterable[Run | Path | str]) -> list[ClaimOverRuns]:
    """In how many runs each claim holds at the first one's own position, with the range of its figures.

    Args:
        runs: runs or their folders, such as those of several seeds; one at least.

    Raises:
        RunFolderError: one of them is no run's folder, or has no verdicts.
    """
    from nucleate.claims.verdicts import claims_over_runs

    all_of_them = [opened(one) for one in runs]
    position = all_of_them[0].claim_settings.position
    return claims_over_runs([one.verdicts for one in all_of_them], position)


def judge_by_kind(runs: Iterable[Run | Path | str]) -> list[tuple[list[Run], list[ClaimOverRuns]]]:
    """Runs that differ in their seed alone together, each kind with what its runs say of every claim.

    Args:
        runs: runs or their folders; those without verdicts, as of arrays, are left out.

    Returns:
        Kinds in the order of their first runs; of several runs the effect of a claim has its interval between
        seeds (`ClaimOverRuns.effect`).

    Raises:
        RunFolderError: one of them is no run's folder.
    """
    from nucleate.settings.tables import read_toml

    kinds: dict[str, list[Run]] = {}
    for one in map(opened, runs):
        if one.folder.is_finished("claims"):
            settings = read_toml(one.folder.config_toml)
            settings.pop("seed", None)
            kinds.setdefault(repr(settings), []).append(one)
    return [(members, judge_together(members)) for members in kinds.values()]


def opened(run: Run | Path | str) -> Run:
    """The run that was given, or the one in the folder that was.

    Raises:
        RunFolderError: it is not a run's folder.
    """
    return load_run(run) if isinstance(run, str | Path) else run
