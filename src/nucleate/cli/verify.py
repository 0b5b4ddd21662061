"""`nucleate verify`: the verdict on every claim."""

from __future__ import annotations

from pathlib import Path

from nucleate import api
from nucleate.cli.verdicts import print_readings, print_verdicts


def verify(directory: Path, /) -> int:
    """Print the verdict on every claim, with the numbers it rests on; exit 1 if one fails.

    The verdicts at the run's own position decide; the other positions are shown below.

    Example: nucleate verify runs/quick

    Args:
        directory: A run's folder.
    """
    run = api.load_run(directory)
    verdicts, position = api.verify(run), run.claim_settings.position
    print_verdicts(verdicts, position, with_rules=True)
    print_readings(run)
    return int(any(one.verdict == "fails" for one in verdicts if one.position == position))
