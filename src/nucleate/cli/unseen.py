"""`nucleate unseen`: how clusters go with answers on unseen instances."""

from __future__ import annotations

from pathlib import Path

from nucleate import api
from nucleate.api.watching.progress import watching
from nucleate.cli.options import Overrides
from nucleate.cli.verdicts import print_verdicts


def unseen(directory: Path, /, *, set_: Overrides = ()) -> int:
    """Measure how cluster membership relates to answers on unseen instances.

    Unseen instances are compared with the task centroids of trained ones, at every checkpoint. Writes
    unseen.parquet.
    Then the claims are judged and the figures and page are drawn again.

    Example: nucleate unseen runs/quick --set unseen.n_examples=1000

    Args:
        directory: A run's folder.
        set_: Change a setting: unseen.n_examples=1000. May be given many times.
    """
    with watching(api.load_run(directory), set_) as progress:
        done = api.unseen(directory, overrides=set_, observer=progress)
    print_verdicts([one for one in done.verdicts if one.claim == "unseen"], done.claim_settings.position)
    progress.console.print(
        f"\n  The figure: {done.folder.figures / 'unseen.png'}", markup=False, soft_wrap=True
    )
    return 0
