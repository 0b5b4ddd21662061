"""`nucleate corpus`: the corpus alone."""

from __future__ import annotations

from pathlib import Path

from nucleate.cli.run import Overrides


def corpus(preset: str, /, *, out: Path, set_: Overrides = (), seed: int | None = None) -> int:
    """Make the corpus of a preset and nothing else; `nucleate run` on the same folder goes on from it.

    Args:
        preset: A preset's name or a TOML file.
        out: The run's folder.
        set_: Change a setting: corpus.n_tasks=40. May be given many times.
        seed: Shorthand for --set seed=N.
    """
    from nucleate.cli.progress import RunProgress  # noqa: PLC0415
    from nucleate.run_folder.folder import RunFolder  # noqa: PLC0415
    from nucleate.settings.presets import resolve  # noqa: PLC0415
    from nucleate.stages.context import FolderContext  # noqa: PLC0415
    from nucleate.stages.making import make_corpus  # noqa: PLC0415 - loads torch; --help must not

    settings = resolve(preset, set_, seed)
    folder = RunFolder.create(out, settings.to_toml())
    with RunProgress(settings.claims.position, settings.training.steps) as progress, folder.locked():
        make_corpus(FolderContext(settings, folder, progress))
    progress.console.print(f"  The corpus: {folder.corpus}", highlight=False)
    return 0
