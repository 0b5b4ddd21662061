"""`nucleate intervene`: what answers become when states are moved."""

from __future__ import annotations

import itertools
from pathlib import Path

from nucleate.cli.run import Overrides


def intervene(directory: Path, /, *, set_: Overrides = ()) -> int:
    """Move states to another task's centroid, beside every control, and measure the answers.

    Writes interventions.parquet, and judges the claims and draws the figures anew.

    Args:
        directory: A run's folder.
        set_: Change a setting: intervene.n_steps=4. May be given many times.
    """
    from nucleate import experiment  # noqa: PLC0415 - loads torch; --help must not
    from nucleate.claims_of_cause import READINGS, read_causes, read_nulls  # noqa: PLC0415 - pandas
    from nucleate.cli.progress import RunProgress  # noqa: PLC0415
    from nucleate.cli.verdicts import print_verdicts  # noqa: PLC0415
    from nucleate.presets import settings_of, training_steps  # noqa: PLC0415
    from nucleate.run_folder import RunFolder  # noqa: PLC0415

    folder = RunFolder.open(directory)
    settings = settings_of(folder, set_)
    position = settings.claims.position
    with RunProgress(position, training_steps(settings)) as progress:
        done = experiment.analyse_again(folder, "intervene", set_, progress)
    print_verdicts([one for one in done.claims if one.claim == "causal"], position)
    _, effects = read_causes(folder)
    assert effects is not None, "the stage has just been run"
    for (place, reading), nulls in itertools.groupby(read_nulls(effects), key=lambda one: (one[0], one[2])):
        sites = ", ".join(site for _, site, _ in nulls)
        progress.console.print(f"  [dim]{place:<18}{READINGS[reading]}: {sites}[/]")
    progress.console.print(f"\n  The figure: {folder.figures / 'causes.png'}", highlight=False)
    return 0
