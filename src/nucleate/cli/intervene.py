"""`nucleate intervene`: what answers become when states are moved."""

from __future__ import annotations

from pathlib import Path

from nucleate import api
from nucleate.api.watching.progress import watching
from nucleate.cli.options import Overrides
from nucleate.cli.verdicts import print_readings, print_verdicts


def intervene(directory: Path, /, *, set_: Overrides = ()) -> int:
    """Measure how answers change when hidden states are moved.

    States are moved to another task's centroid, next to every control. Writes interventions.parquet.
    Then the claims are judged and the figures and page are drawn again.

    Example: nucleate intervene runs/quick --set intervene.n_steps=4

    Args:
        directory: A run's folder.
        set_: Change a setting: intervene.n_steps=4. May be given many times.
    """
    with watching(api.load_run(directory), set_) as progress:
        done = api.intervene(directory, overrides=set_, observer=progress)
    print_verdicts([one for one in done.verdicts if one.claim == "causal"], done.claim_settings.position)
    print_readings(done)
    progress.console.print(
        f"\n  The figure: {done.folder.figures / 'causes.png'}", markup=False, soft_wrap=True
    )
    return 0
