"""`nucleate check`: are all files whole?"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console


def check(directory: Path, /) -> int:
    """Prove that every file that the manifest lists is there and is the one that was written.

    Args:
        directory: A run's folder.
    """
    from nucleate.run_folder.folder import RunFolder  # noqa: PLC0415

    folder = RunFolder.open(directory)
    folder.read_config()
    problems = folder.problems()
    console = Console(highlight=False, soft_wrap=True)
    for problem in problems:
        console.print(f"  [red]✗[/] {problem}")
    if not problems:
        listed = sum(len(stage["outputs"]) for stage in folder.manifest["stages"].values())
        console.print(f"  [green]✓[/] {listed} files, all whole")
    return int(bool(problems))
