"""`nucleate run`: the whole experiment, or what is left of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console

if TYPE_CHECKING:
    from nucleate.api import Run
    from nucleate.settings.presets import ExperimentSettings

Overrides = Annotated[tuple[str, ...], Parameter(name="--set", consume_multiple=False, negative="")]


def run(
    preset: str,
    /,
    *,
    out: Path | None = None,
    set_: Overrides = (),
    seed: int | None = None,
    seeds: int | None = None,
) -> int:
    """Make the corpus, train, score every checkpoint, judge the claims and draw the figures.

    A second call on the same folder goes on where the first stopped.

    Args:
        preset: A preset's name (see: nucleate presets) or a TOML file.
        out: The run's folder; runs/PRESET if not given.
        set_: Change a setting: training.steps=800. May be given many times.
        seed: Shorthand for --set seed=N.
        seeds: Run so many seeds in turn, from the run's own on, in OUT-seed1, OUT-seed2 and so on; then
            their verdicts together, and their joint figures in OUT-seeds.
    """
    from nucleate.settings.presets import resolve  # noqa: PLC0415

    settings = resolve(preset, set_, seed)
    folder = out or Path("runs") / Path(preset).stem
    if seeds is None:
        _run_one(settings, folder)
    else:
        _run_seeds(settings, folder, seeds)
    return 0


def _run_one(settings: ExperimentSettings, folder: Path) -> Run:
    from nucleate import api  # noqa: PLC0415
    from nucleate.cli.progress import RunProgress  # noqa: PLC0415
    from nucleate.cli.verdicts import print_verdicts  # noqa: PLC0415

    with RunProgress(settings.claims.position, settings.training.steps) as progress:
        done = api.run(settings, folder, observer=progress, command=["nucleate", *sys.argv[1:]])
    print_verdicts(done.claims, settings.claims.position)
    progress.console.print(f"\n  The figure: {done.folder.figures / 'emergence.png'}", highlight=False)
    progress.console.print(f"  The page: {done.folder.report}", highlight=False)
    progress.console.print(f"  The scores: {done.folder.scores}", highlight=False)
    return done


def _run_seeds(settings: ExperimentSettings, folder: Path, n_seeds: int) -> None:
    from nucleate.claims.verdicts import claims_over_runs  # noqa: PLC0415
    from nucleate.cli.verdicts import print_verdicts_over_runs  # noqa: PLC0415
    from nucleate.figures.gallery import draw_figures  # noqa: PLC0415
    from nucleate.sweep.seeds import joint_scores, plan_seeds  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    runs = []
    for one, own_folder in plan_seeds(settings, folder, n_seeds):
        console.print(f"\n  [bold]seed {one.seed}[/] [dim]{own_folder}[/]")
        runs.append(_run_one(one, own_folder))
    where = settings.claims
    print_verdicts_over_runs(
        claims_over_runs([one.claims for one in runs], where.position), where.position, len(runs)
    )
    joint = folder.with_name(f"{folder.name}-seeds")
    draw_figures(joint_scores([one.folder for one in runs]), joint, where.view)
    console.print(f"\n  The joint figure: {joint / 'emergence.png'}")
