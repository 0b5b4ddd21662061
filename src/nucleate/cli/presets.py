"""`nucleate presets`: what there is to run."""

from __future__ import annotations

from rich.console import Console

from nucleate import api


def presets() -> int:
    """List the presets: runs whose settings come with nucleate.

    Example: nucleate presets
    """
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    for name, summary in api.presets().items():
        console.print(f"  [bold]{name:<12}[/] {summary}")
    return 0
