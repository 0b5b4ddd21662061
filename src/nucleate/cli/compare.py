"""`nucleate compare`: several runs on one page, and how alike their states are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from nucleate import api
from nucleate.api.showing import states_beside
from nucleate.cli.options import Flag, Text
from nucleate.errors import ComparisonWarning


def compare(
    *directories: Path,
    out: Path,
    states: Flag = False,
    position: Text = "",
    steps: Annotated[tuple[int, ...], Parameter(consume_multiple=True, negative="", show_default=False)] = (),
    split: Text = "",
) -> int:
    """Put several runs on one page: seeds as bands, settings side by side.

    With --states, CKA and class-RSA of all sites, steps and runs with each other, on the prompts that they
    share, go to OUT-states.parquet. Says where prompts or tasks differ.

    Example: nucleate compare runs/quick-seed1 runs/quick-seed2 --out compared.html

    Args:
        directories: The runs' folders.
        out: The page to write, such as compared.html; it is replaced if it is there.
        states: Compare the runs' states too; loads their models.
        position: With --states, the position; where the first run's claims are judged if not given.
        steps: With --states, checkpoints that every run has, such as --steps 0 400; the last if not given.
        split: With --states, the split; all that are scored if not given.
    """
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    how = {"position": position or None, "steps": steps or None, "split": split or None} if states else {}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ComparisonWarning)
        page = api.compare(directories, out, states=states, **how)
    for one in told:
        console.print(f"  Note: {one.message}", markup=False)
    console.print(f"  The page: {page}", markup=False)
    if states:
        console.print(f"  The states: {states_beside(page)}", markup=False)
    return 0
