"""`nucleate report`: figures and page again."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from nucleate import api


def report(directory: Path, /) -> int:
    """Draw a run's figures and page again.

    They are drawn from the scores that are there; no model is loaded.

    Example: nucleate report runs/quick

    Args:
        directory: A run's folder.
    """
    page = api.report(directory)
    Console(emoji=False, highlight=False, soft_wrap=True).print(f"  The page: {page}", markup=False)
    return 0
