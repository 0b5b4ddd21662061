"""`nucleate run`: the whole experiment, or what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from nucleate import api
from nucleate.api.making import require_arms
from nucleate.api.watching.progress import RunProgress
from nucleate.cli.arms import train_and_print_arms
from nucleate.cli.options import Flag, Overrides, WholeNumber, command_line
from nucleate.cli.verdicts import ONE_MODEL, ONE_SEED, print_verdicts, print_verdicts_over_runs
from nucleate.integrations.trackers import Tool
from nucleate.integrations.tracking import tracked
from nucleate.run_folder.paths import beside

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.settings.presets import ExperimentSettings
    from nucleate.stages.observer import Observer


def run(
    preset: str,
    /,
    *,
    out: Path | None = None,
    set_: Overrides = (),
    seed: WholeNumber | None = None,
    seeds: WholeNumber | None = None,
    arms: Flag = False,
    track: Tool | None = None,
) -> int:
    """Run the whole experiment: corpus, training, scores, verdicts, figures.

    Running it again on the same folder resumes where it stopped.

    Example: nucleate run quick --out runs/longer --set training.steps=800

    Args:
        preset: A preset's name (see: nucleate presets) or a TOML file.
        out: The run's folder; runs/PRESET if not given.
        set_: Change a setting: training.steps=800. May be given many times.
        seed: Shorthand for --set seed=N.
        seeds: Run this many seeds in turn, in OUT-seed1 and so on; their joint figures go to OUT-seeds.
        arms: Then train the control arms too, in OUT/arms: loss on answers, shared inputs, tasks at random.
        track: Send figures to a tool too, as they come (pip install 'nucleate[TOOL]').
    """
    settings = api.resolve(preset, set_, seed)
    folder = out or Path("runs") / Path(preset).stem
    if arms:
        require_arms(settings)
    if seeds is None:
        with _watched(settings, folder, ONE_SEED, track) as observer:
            runs = [api.run(settings, folder, observer=observer, command=command_line())]
    else:
        runs = _run_seeds(settings, folder, seeds, track)
    if arms:
        train_and_print_arms(runs, folder / "arms" if seeds is None else beside(folder, "arms"))
    return 0


def _run_seeds(settings: ExperimentSettings, folder: Path, n_seeds: int, track: Tool | None) -> list[Run]:
    @contextmanager
    def watch(one: ExperimentSettings, own_folder: Path) -> Iterator[Observer]:
        console.print(f"\n  [bold]seed {one.seed}[/]", end=" ")
        console.print(own_folder, style="dim", markup=False)
        with _watched(one, own_folder, ONE_MODEL, track) as observer:
            yield observer

    console = Console(emoji=False, highlight=False, soft_wrap=True)
    runs = api.run_seeds(settings, folder, n_seeds, watch=watch, command=command_line())
    position = settings.claims.position
    print_verdicts_over_runs(api.judge_together(runs), position, len(runs))
    joint = beside(folder, "seeds")
    console.print(f"\n  The joint figure: {joint / 'emergence.png'}", markup=False)
    return runs


@contextmanager
def _watched(
    settings: ExperimentSettings, folder: Path, reach: str, track: Tool | None
) -> Iterator[Observer]:
    """A run at work in `folder`, drawn on the console, and what came of it."""
    between = ("intervene",) if settings.intervene.in_run else ()
    stages = ("corpus", "training", "scoring", "unseen", *between, "claims", "figures", "report")
    with (
        RunProgress(settings.claims.position, settings.training.steps, stages=stages) as progress,
        tracked(progress, track, settings, folder) as observer,
    ):
        yield observer
    done = api.load_run(folder)
    print_verdicts(done.verdicts, settings.claims.position, reach=reach)
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    console.print(f"\n  The figure: {done.folder.figures / 'emergence.png'}", markup=False)
    console.print(f"  The page: {done.folder.report}", markup=False)
    console.print(f"  The scores: {done.folder.scores}", markup=False)
