"""Figures and pages drawn again, from the tables that are there.

This module hides that no model is needed for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nucleate.api.reading import opened
from nucleate.api.watching.progress import watched
from nucleate.errors import ComparisonWarning, ConfigError, RunFolderError

if TYPE_CHECKING:
    import pandas as pd

    from nucleate.api.runs import Run
    from nucleate.run_folder.folder import RunFolder
    from nucleate.stages.observer import Observer


_ELSEWHERE = "Name a file in a folder that can be written to."


def report(run: Run | Path | str, *, observer: Observer | None = None) -> Path:
    """Draw a run's figures and page again, from the tables that are there; no model is loaded.

    Args:
        run: a run or its folder.
        observer: who watches; nobody where it is not given, but for notebooks.

    Returns:
        The page.

    Raises:
        RunFolderError: it is no run's folder, or it has no scores.
    """
    from nucleate.stages.showing import draw_again

    found = opened(run)
    with watched(observer, found.claim_settings.position) as watcher:
        draw_again(found.folder, watcher)
    return found.folder.report


def compare(
    runs: Iterable[Run | Path | str],
    out: Path | str,
    *,
    states: bool = False,
    clusters: bool = False,
    sites: Sequence[str] | None = None,
    **how: Any,
) -> Path:
    """Put several runs on one page: seeds as bands, settings side by side.

    Warns where prompts or tasks differ, since the figures are of different examples then.

    Args:
        runs: runs or their folders, one at least.
        out: the page to write; one that is there is replaced.
        states: write beside it how alike the runs' states are, and show it on the page, `OUT-states.parquet`;
            see `similarity`.
        clusters: write beside it which of the first run's clusters every other one has kept, moved, merged or
            split, and show it on the page, `OUT-clusters.parquet`; see `changed_clusters`.
        sites: of these clusters.
        how: `position`, `steps` and `split` of the states.

    Returns:
        The page.

    Raises:
        ConfigError: no run is given, or what is said of states or clusters where neither is asked for.
        RunFolderError: one of them is no run's folder, or `out` cannot be written, is a folder
        or a run's own file.
    """
    from nucleate.report.page import build_page, write_page
    from nucleate.run_folder.atomic_write import whole
    from nucleate.run_folder.finished import require_place_beside_runs

    _refuse_what_has_no_use({"sites": sites, **how}, states, clusters)
    page = Path(out)
    require_place_beside_runs(page)
    for what, is_asked in (("states", states), ("clusters", clusters)):
        if is_asked:
            require_place_beside_runs(states_beside(page, what))
    folders = [opened(one).folder for one in runs]
    if not folders:
        raise ConfigError(
            "expected the folders of the runs, got none", "nucleate compare DIR DIR --out FILE.html"
        )
    places = [folder.path.resolve() for folder in folders]
    twice = [
        str(folder.path) for folder, place in zip(folders, places, strict=True) if places.count(place) > 1
    ]
    if twice:
        raise ConfigError(f"{twice[0]} is given twice, and would count as two runs", "Name every run once.")
    _make_room_for(page)
    _warn(_differences(folders))
    alike = similarity(folders, **how) if states else None
    changed = changed_clusters(folders, sites=sites, **how) if clusters else None
    for what, table in (("states", alike), ("clusters", changed)):
        if table is not None:
            with whole(states_beside(page, what), _ELSEWHERE) as path:
                table.to_parquet(path, index=False)
    write_page(build_page(folders, changed, alike), page)
    return page


def _refuse_what_has_no_use(given: Mapping[str, Any], states: bool, clusters: bool) -> None:
    for name in (name for name, value in given.items() if value is not None):
        goes_with = ["clusters"] if name == "sites" else ["states", "clusters"]
        if not (clusters or (states and "states" in goes_with)):
            flags = " or ".join(f"--{one}" for one in goes_with)
            raise ConfigError(f"--{name} goes with {flags}", f"Give {flags} too, or leave --{name} out.")


def _make_room_for(page: Path) -> None:
    """Before anything is computed for it."""
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"cannot write {page}: {error.strerror or error}", _ELSEWHERE) from error


def states_beside(page: Path, what: str = "states") -> Path:
    """Where a comparison of states, or of clusters, lies."""
    return page.with_name(f"{page.stem}-{what}.parquet")


def changed_clusters(
    runs: Iterable[Any],
    *,
    sites: Sequence[str] | None = None,
    position: str | None = None,
    steps: Sequence[int] | None = None,
    split: str | None = None,
) -> pd.DataFrame:
    """Which clusters of the first run every other one has kept, moved, merged or split, and which it made.

    Clusters are matched by the prompts that they share. The interval of `overlap` is from resampled
    instructions, that of `ari` from halves of them, both with the clusters as they are. Beside it stands what
    other starts of k-means alone do to one model's clusters. Warns where prompts differ.

    Args:
        runs: runs or their folders, such as a model before and after tuning; or one with several `steps`.
        sites: such as `block.6`; the highest block where they are not given.
        position: whose states; where the claims of the first run are judged where it is not given.
        steps: checkpoints that every run has; the last of each where they are not given.
        split: of the examples; all that are scored where it is not given.

    Returns:
        A row per event, with the clusters on both sides; see `nucleate.comparing.clusters.COLUMNS`.

    Raises:
        ConfigError: there is nothing to compare; RunFolderError: one is no run's folder, or has no such
        checkpoint; LabelsError: no such position or site.
    """
    from nucleate.comparing.clusters import compare_clusters
    from nucleate.run_folder.folder import RunFolder

    folders = [one if isinstance(one, RunFolder) else opened(one).folder for one in runs]
    found = compare_clusters(folders, sites=sites, position=position, steps=steps, split=split)
    _warn(found.notes)
    return found.table


def similarity(
    runs: Iterable[Any],
    *,
    position: str | None = None,
    steps: Sequence[int] | None = None,
    split: str | None = None,
) -> pd.DataFrame:
    """How alike the states of runs are, site by site, on the prompts that they share: CKA and class-RSA.

    Every run and step is compared with every other, and with itself; 95 % intervals are from halves of the
    instructions; nothing is resampled. Warns where prompts or tasks differ, and of what is left out for it.

    Args:
        runs: runs or their folders, one at least.
        position: whose states; where the claims of the first run are judged where it is not given.
        steps: checkpoints that every run has; the last of each where they are not given.
        split: of the examples; all that are scored where it is not given.

    Returns:
        A row per pair of sites and metric, `cka` or `class_rsa`.

    Raises:
        ConfigError: no run is given; RunFolderError: one is no run's folder, or has no such checkpoint.
        LabelsError: no such position.
    """
    from nucleate.comparing.states import compare_states
    from nucleate.run_folder.folder import RunFolder

    folders = [one if isinstance(one, RunFolder) else opened(one).folder for one in runs]
    found = compare_states(folders, position=position, steps=steps, split=split)
    _warn(found.notes)
    return found.table


def _differences(folders: Sequence[RunFolder]) -> Iterator[str]:
    """Runs of other tasks or prompts than the first, and logs that are not read; another seed is not told."""
    from nucleate.settings.tables import read_toml

    given = []
    for folder in folders:
        values = read_toml(folder.config_toml)
        prompts = {name: value for name, value in values.get("prompts", {}).items() if name != "file"}
        given.append((values.get("corpus"), prompts))
    for folder, own in zip(folders, given, strict=True):
        if problem := folder.problem_of_log():
            yield f"{problem}; it is not read, and nothing else needs it"
        if own != given[0]:
            yield f"{folder.name} has other tasks or prompts than {folders[0].name}"


def _warn(notes: Iterable[str]) -> None:
    for note in notes:
        warnings.warn(note, ComparisonWarning, stacklevel=3)
