"""`nucleate report`: figures and page again."""

from __future__ import annotations

from pathlib import Path


def report(directory: Path, /) -> int:
    """Draw the figures and the page again, from the scores; no model is loaded.

    Args:
        directory: A run's folder.
    """
    from rich.console import Console  # noqa: PLC0415

    from nucleate import experiment  # noqa: PLC0415 - loads torch; --help must not
    from nucleate.run_folder.folder import RunFolder  # noqa: PLC0415
    from nucleate.stages.observer import Silent  # noqa: PLC0415

    folder = RunFolder.open(directory)
    experiment.draw_again(folder, Silent())
    Console(highlight=False, soft_wrap=True).print(f"  The page: {folder.report}", markup=False)
    return 0
