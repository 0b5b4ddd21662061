"""Figures and pages drawn again, from the tables that are there.

What is hidden: that no model is needed for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nucleate.api.reading import opened
from nucleate.errors import ConfigError, RunFolderError

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.stages.observer import Observer


def report(run: Run | Path | str, *, observer: Observer | None = None) -> Path:
    """Draw a run's figures and page again, from the tables that are there; no model is loaded.

    Args:
        run: a run or its folder.
        observer: who watches; nobody where it is not given.

    Returns:
        The page.

    Raises:
        RunFolderError: it is no run's folder, or it has no scores.
    """
    from nucleate.stages.observer import Silent
    from nucleate.stages.showing import draw_again

    folder = opened(run).folder
    draw_again(folder, observer or Silent())
    return folder.report


def compare(runs: Iterable[Run | Path | str], out: Path | str) -> Path:
    """Put several runs on one page: seeds as bands, settings side by side.

    Args:
        runs: runs or their folders, one at least.
        out: the page to write; one that is there is replaced.

    Returns:
        The page.

    Raises:
        ConfigError: no run is given.
        RunFolderError: one of them is no run's folder, or `out` cannot be written.
    """
    from nucleate.report.page import build_page, write_page

    if Path(out).is_dir():
        raise RunFolderError(f"{out} is a folder", "Name the page to write, such as compared.html.")
    folders = [opened(one).folder for one in runs]
    if not folders:
        raise ConfigError(
            "expected the folders of the runs, got none", "nucleate compare DIR DIR --out FILE.html"
        )
    write_page(build_page(folders), Path(out))
    return Path(out)
