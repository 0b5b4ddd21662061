"""`nucleate score`: score a finished training again."""

from __future__ import annotations

from pathlib import Path

from nucleate.cli.run import Overrides


def score(directory: Path, /, *, set_: Overrides = ()) -> int:
    """Score again from the checkpoints, judge the claims and draw the figures anew.

    Args:
        directory: A run's folder.
        set_: Change a setting: scoring.n_init=20. May be given many times.
    """
    from nucleate import api, experiment  # noqa: PLC0415 - loads torch; --help must not
    from nucleate.cli.progress import RunProgress  # noqa: PLC0415
    from nucleate.cli.verdicts import print_verdicts  # noqa: PLC0415
    from nucleate.run_folder.folder import RunFolder  # noqa: PLC0415
    from nucleate.settings.presets import training_steps  # noqa: PLC0415
    from nucleate.stages.context import settings_of  # noqa: PLC0415

    folder = RunFolder.open(directory)
    settings = settings_of(folder, set_)
    with RunProgress(settings.claims.position, training_steps(settings)) as progress:
        experiment.measure_again(folder, "scoring", set_, progress)
    done = api.Run(folder)
    print_verdicts(done.claims, settings.claims.position)
    return 0
