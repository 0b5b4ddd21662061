"""`nucleate presets`: what there is to run."""

from __future__ import annotations

from rich.console import Console

from nucleate.settings.presets import preset_names, preset_summary


def presets() -> int:
    """List the presets with what each is."""
    console = Console(highlight=False, soft_wrap=True)
    for name in preset_names():
        console.print(f"  [bold]{name:<12}[/] {preset_summary(name)}")
    return 0
