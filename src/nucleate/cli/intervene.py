"""`nucleate intervene`: what answers become when states are moved."""

from __future__ import annotations

from pathlib import Path

from nucleate.cli.run import Overrides


def intervene(directory: Path, /, *, set_: Overrides = ()) -> int:
    """Move states to another task's centroid, beside every control, and measure the answers.

    Writes interventions.parquet, and judges the claims and draws the figures anew.

    Args:
        directory: A run's folder.
        set_: Change a setting: intervene.n_steps=4. May be given many times.
    """
    from nucleate import api, experiment  # noqa: PLC0415 - loads torch; --help must not
    from nucleate.claims.evidence import Evidence  # noqa: PLC0415
    from nucleate.cli.progress import RunProgress  # noqa: PLC0415
    from nucleate.cli.verdicts import print_readings, print_verdicts  # noqa: PLC0415
    from nucleate.run_folder.folder import RunFolder  # noqa: PLC0415
    from nucleate.settings.presets import training_steps  # noqa: PLC0415
    from nucleate.stages.context import settings_of  # noqa: PLC0415

    folder = RunFolder.open(directory)
    settings = settings_of(folder, set_)
    position = settings.claims.position
    with RunProgress(position, training_steps(settings)) as progress:
        experiment.measure_again(folder, "intervene", set_, progress)
    done = api.Run(folder)
    print_verdicts([one for one in done.claims if one.claim == "causal"], position)
    print_readings(Evidence.read(folder, settings.claims))
    progress.console.print(f"\n  The figure: {folder.figures / 'causes.png'}", highlight=False)
    return 0
