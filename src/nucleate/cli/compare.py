"""`nucleate compare`: several runs on one page."""

from __future__ import annotations

from pathlib import Path


def compare(*directories: Path, out: Path) -> int:
    """One page of several runs: seeds as bands, settings side by side.

    Args:
        directories: The runs' folders.
        out: The page to write, such as compared.html; it is replaced if it is there.
    """
    from rich.console import Console  # noqa: PLC0415

    from nucleate.errors import ConfigError  # noqa: PLC0415
    from nucleate.report.page import build_page, write_page  # noqa: PLC0415 - pandas; --help needs none
    from nucleate.run_folder.folder import RunFolder  # noqa: PLC0415

    if not directories:
        raise ConfigError(
            "expected the folders of the runs, got none", "nucleate compare DIR DIR --out FILE.html"
        )
    write_page(build_page([RunFolder.open(directory) for directory in directories]), out)
    Console(highlight=False, soft_wrap=True).print(f"  The page: {out}", markup=False)
    return 0
