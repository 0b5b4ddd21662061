"""`nucleate corpus`: builds only the corpus."""

from __future__ import annotations

from pathlib import Path

from nucleate import api
from nucleate.api.watching.progress import RunProgress
from nucleate.cli.options import Overrides, WholeNumber


def corpus(preset: str, /, *, out: Path, set_: Overrides = (), seed: WholeNumber | None = None) -> int:
    """Build only the corpus.

    `nucleate run` with the same settings and folder continues from it.

    Example: nucleate corpus quick --out runs/more-tasks --set corpus.n_tasks=40

    Args:
        preset: A preset's name (see: nucleate presets) or a TOML file.
        out: The run's folder.
        set_: Change a setting: corpus.n_tasks=40. May be given many times.
        seed: Shorthand for --set seed=N.
    """
    settings = api.resolve(preset, set_, seed)
    with RunProgress(settings.claims.position, settings.training.steps) as progress:
        made = api.make_corpus(settings, out, observer=progress)
    progress.console.print(f"  The corpus: {made.folder.corpus}", markup=False, soft_wrap=True)
    return 0
