"""`nucleate report`: figures and page again."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from nucleate import api
from nucleate.api.watching.progress import watching


def report(directory: Path, /) -> int:
    """Draw a run's figures and page again.

    They are drawn from the scores that are there; no model is loaded.

    Example: nucleate report runs/quick

    Args:
        directory: A run's folder.
    """
    with watching(api.load_run(directory)) as progress:
        page = api.report(directory, observer=progress)
    Console(emoji=False, highlight=False, soft_wrap=True).print(f"  The page: {page}", markup=False)
    return 0
