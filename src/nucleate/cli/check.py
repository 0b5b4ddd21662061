"""`nucleate check`: are all files whole?"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from nucleate import api


def check(directory: Path, /) -> int:
    """Verify the checksums of a run's files.

    Every file that the manifest lists must be there and be the one that was written, and there must be no
    other; exit 1 where that is not so.

    Example: nucleate check runs/quick

    Args:
        directory: A run's folder.
    """
    problems = api.check(directory)
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    for problem in problems:
        console.print("  [red]✗[/]", end=" ")
        console.print(problem, markup=False)
    if not problems:
        stages = api.load_run(directory).folder.manifest["stages"].values()
        console.print(
            f"  [green]✓[/] {sum(len(stage.get('outputs', {})) for stage in stages)} files, all intact"
        )
    return int(bool(problems))
