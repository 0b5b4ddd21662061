"""A finished training measured again, and arrays of one's own measured like one.

This module hides that `unseen`, `intervene` and `score` of a folder are one stage made anew, with the
verdicts, figures and page that follow it; and that states which anybody made are scored by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nucleate.api.reading import load_run, opened
from nucleate.api.settings import Overrides
from nucleate.api.watching.progress import watched
from nucleate.errors import ConfigError

if TYPE_CHECKING:
    from nucleate.api.runs import Run
    from nucleate.stages.observer import Observer

Stage = Literal["scoring", "unseen", "intervene"]


class MeasureAgain(Protocol):
    """A verb that measures a finished run again."""

    def __call__(
        self,
        run: Run | Path | str,
        *,
        overrides: Overrides = (),
        seed: int | None = None,
        observer: Observer | None = None,
    ) -> Run:
        """The run, measured with changed settings."""


def score(
    states: Any,
    labels: Any = None,
    groups: Any = None,
    steps: Sequence[int] | None = None,
    sites: Sequence[str] | None = None,
    split: Any = None,
    text: Sequence[str] | None = None,
    *,
    position: str = "last",
    name: str = "arrays",
    out: Path | str | None = None,
    overrides: Overrides = (),
    seed: int | None = None,
    observer: Observer | None = None,
) -> Run:
    """Score states, your own arrays or those of a run again: intervals, controls, verdicts, the page.

    `score(states, labels)` takes arrays that any program made; `score(run)` takes a run or its folder, scores
    its checkpoints again and draws its figures and page anew.

    Args:
        states: a run or its folder; or `[example, d]`, `[site, example, d]` or `[step, site, example, d]`, of
            NumPy, torch, memory-mapped, or the path of an `.npy` file, of which one step at a time is read.
        labels: what clusters are compared with: an array, or a dict or DataFrame with a factor per column, of
            which the first is the one that verdicts are about. Only for arrays, as all down to `name`.
        groups: examples that hang together (prompts of one instruction) are resampled together, whatever
            labels they have, and no fold of the probe parts them. Where this is not given, a label named
            `instruction` beside others is taken for them; else each stands alone.
        steps: optimizer steps, ascending; step 0 is the control `untrained`. 1, 2, ... where not given.
        sites: `embed`, `block.1`, ..., `final_norm`. Where not given, the first of several is `embed`, the
            others are blocks.
        split: `train`, `validation`, ... per example; clusters of train are tried on the others.
        text: of each example; its words alone are the control `bag_of_tokens`.
        position: which token's states they are, for titles.
        name: of the model, in tables.
        out: of arrays, the folder; `runs/NAME` where not given. Other arrays in the same one are scored anew.
        overrides: changed settings of `scoring`, `pictures` and `claims`; a run's folder then has those.
        seed: of clusters and intervals; of a run that is scored again, `scoring.clustering_seed`.
        observer: who watches; nobody where it is not given, but for notebooks.

    Raises:
        LabelsError: shapes, lengths, kinds or names do not go together, a value is missing, or there are not
            two labels, one of them twice. All that is given is checked before any work begins.
        ConfigError: an override is wrong, or is not about scoring or claims.
        RunFolderError: it is no run's folder, its training is not finished, or `out` is not free.
    """
    if labels is not None:
        from nucleate.arrays.given_arrays import Beside

        beside = Beside(groups, steps, sites, split, text, position)
        return _score_arrays(states, labels, beside, out, name, overrides, seed, observer)
    if any(given is not None for given in (groups, steps, sites, split, text, out)):
        raise ConfigError("states are given without labels", "Give labels, or a run's folder alone.")
    seeded = [] if seed is None else [f"scoring.clustering_seed={seed}"]
    return _measure(states, "scoring", (*_assigned(overrides), *seeded), observer)


def _score_arrays(
    states: Any,
    labels: Any,
    beside: Any,
    out: Path | str | None,
    name: str,
    overrides: Overrides,
    seed: int | None,
    observer: Observer | None,
) -> Run:
    from nucleate.api.runs import Run
    from nucleate.arrays.array_run import score_arrays
    from nucleate.arrays.given_arrays import place_of, read_arrays

    place, arrays = place_of(out, name), read_arrays(states, labels, beside)
    own_seed = 1 if seed is None else seed
    with watched(observer, arrays.position) as watcher:
        return Run(score_arrays(arrays, place, name, _assigned(overrides), own_seed, watcher))


def _again(stage: Stage, does: str) -> MeasureAgain:
    def verb(
        run: Run | Path | str,
        *,
        overrides: Overrides = (),
        seed: int | None = None,
        observer: Observer | None = None,
    ) -> Run:
        seeded = [] if seed is None else [f"{stage}.draw_seed={seed}"]
        return _measure(run, stage, (*_assigned(overrides), *seeded), observer)

    verb.__name__ = verb.__qualname__ = stage
    verb.__doc__ = f"""{does}

    Args:
        run: a run or its folder.
        overrides: changed settings of `{stage}`; the folder then has those.
        seed: of other draws from the same run: `{stage}.draw_seed`.
        observer: who watches; nobody where it is not given, but for notebooks.

    Raises:
        ConfigError: an override is wrong, or is not about {stage}.
        InterventionError: the corpus has no two tasks to move between.
        RunFolderError: it is no run's folder, or its training is not finished.
    """
    return verb


unseen = _again(
    "unseen", "Hold unseen instances against the centroids of trained ones; writes `unseen.parquet`."
)
intervene = _again(
    "intervene",
    "Move states to another task's centroid and measure the answers; writes `interventions.parquet`.",
)


def _measure(run: Any, stage: Stage, overrides: Overrides, observer: Observer | None) -> Run:
    from nucleate.experiment import measure_again

    if not isinstance(run, str | Path) and not hasattr(run, "folder"):
        raise ConfigError(
            f"expected a run or its folder, got {type(run).__name__}", "Give labels where states are arrays."
        )
    asked = _assigned(overrides)
    found = opened(run)
    settings = found.settings_with(asked)
    with watched(observer, settings.claims.position, found.training_steps) as watcher:
        measure_again(found.folder, stage, asked, watcher)
    return load_run(found.folder.path)


def _assigned(overrides: Overrides) -> list[str]:
    from nucleate.settings.tables import assignments

    return list(assignments(overrides))
