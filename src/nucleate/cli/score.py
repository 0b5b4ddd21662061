"""`nucleate score`: score a finished training again."""

from __future__ import annotations

from pathlib import Path

from nucleate import api
from nucleate.api.watching.progress import watching
from nucleate.cli.options import Overrides
from nucleate.cli.verdicts import print_verdicts


def score(directory: Path, /, *, set_: Overrides = ()) -> int:
    """Score a finished training again, from its checkpoints.

    Then the claims are judged and the figures and page are drawn again.

    Example: nucleate score runs/quick --set scoring.n_init=20

    Args:
        directory: A run's folder.
        set_: Change a setting of scoring or claims: scoring.n_init=20. May be given many times.
    """
    with watching(api.load_run(directory), set_) as progress:
        done = api.score(directory, overrides=set_, observer=progress)
    print_verdicts(done.verdicts, done.claim_settings.position)
    return 0
