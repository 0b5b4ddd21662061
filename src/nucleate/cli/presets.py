"""`nucleate presets`: what there is to run."""

from __future__ import annotations

from importlib import resources

from rich.console import Console


def presets() -> int:
    """List the presets with what each is."""
    console = Console(highlight=False, soft_wrap=True)
    for file in sorted((resources.files("nucleate") / "preset_files").iterdir(), key=lambda file: file.name):
        first_line = file.read_text(encoding="utf-8").splitlines()[0]
        console.print(f"  [bold]{file.name.removesuffix('.toml'):<12}[/] {first_line.removeprefix('# ')}")
    return 0
