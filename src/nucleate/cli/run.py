"""`nucleate run`: the whole experiment, or what is left of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Overrides = Annotated[tuple[str, ...], Parameter(name="--set", consume_multiple=False, negative="")]


def run(preset: str, /, *, out: Path | None = None, set_: Overrides = (), seed: int | None = None) -> int:
    """Make the corpus, train, score every checkpoint, judge the claims and draw the figures.

    A second call on the same folder goes on where the first stopped.

    Args:
        preset: A preset's name (see: nucleate presets) or a TOML file.
        out: The run's folder; runs/PRESET if not given.
        set_: Change a setting: training.steps=800. May be given many times.
        seed: Shorthand for --set seed=N.
    """
    from nucleate import experiment  # noqa: PLC0415 - loads torch; --help must not
    from nucleate.cli.progress import RunProgress  # noqa: PLC0415
    from nucleate.cli.verdicts import print_verdicts  # noqa: PLC0415

    settings = experiment.resolve(preset, set_, seed)
    folder = out or Path("runs") / Path(preset).stem
    with RunProgress(settings.claims.position) as progress:
        done = experiment.run(settings, folder, observer=progress, command=["nucleate", *sys.argv[1:]])
    print_verdicts(done.claims, settings.claims.position)
    progress.console.print(f"\n  The figure: {done.folder.figures / 'emergence.png'}", highlight=False)
    progress.console.print(f"  The scores: {done.folder.scores}", highlight=False)
    return 0
