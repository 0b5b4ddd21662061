"""`nucleate compare`: several runs on one page."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from nucleate import api


def compare(*directories: Path, out: Path) -> int:
    """Put several runs on one page: seeds as bands, settings side by side.

    Example: nucleate compare runs/quick-seed1 runs/quick-seed2 --out compared.html

    Args:
        directories: The runs' folders.
        out: The page to write, such as compared.html; it is replaced if it is there.
    """
    page = api.compare(directories, out)
    Console(emoji=False, highlight=False, soft_wrap=True).print(f"  The page: {page}", markup=False)
    return 0
