"""Which clusters one model has made of another's: kept, moved, merged, split, made, dissolved.

This module hides how clusters of two models are matched (by the examples that they share, never by their
numbers or places), that k-means alone makes some of such events, so that two clusterings of one and the
same model from other starts stand beside as the control, and that what cannot be compared is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nucleate.comparing.looked import Looked, look_into
from nucleate.comparing.states import Shared, shared_by
from nucleate.errors import ConfigError, LabelsError
from nucleate.kmeans.breathing import MANY_BREATHS
from nucleate.kmeans.kmeans import kmeans
from nucleate.metrics.agreement.matched_clusters import EVENTS, Event, events_of
from nucleate.metrics.agreement.rand_index import adjusted_rand_index, misplace
from nucleate.metrics.ranges import within_range
from nucleate.resampling.bootstrap import number_from_zero
from nucleate.resampling.half_samples import Halves, interval_of_halves
from nucleate.resampling.intervals import Draws, exact_ends, interval
from nucleate.resampling.named_seeds import seed_of
from nucleate.run_folder.folder import RunFolder
from nucleate.scoring.examples import units_of
from nucleate.scoring.preparation import prepare
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings

N_RESAMPLES = 200
ANOTHER_START = "another_start"
COLUMNS = (
    "run_a", "step_a", "run_b", "step_b", "site", "position", "control", "metric", "event", "clusters_a",
    "clusters_b", "labels_a", "labels_b", "n_a", "n_b", "value", "ci_low", "ci_high", "n_examples",
)  # fmt: skip
"""Metric `overlap`: a row for every event, the examples that its clusters share of all in them. `count`: how
many of an event there are. `ari`: how far the two clusterings agree. Control `another_start`: one model with
itself, and `clusters_a` says which of the two."""


@dataclass(frozen=True)
class ComparedClusters:
    """Clusters of one model beside another's.

    Attributes:
        table: see `COLUMNS`.
        notes: what differs between the runs, and what could not be compared for it.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Look:
    """One model at one step."""

    looked: Looked
    step: int


@dataclass(frozen=True)
class _Clustered:
    """Two clusterings of the same states, from other starts."""

    labels: np.ndarray
    again: np.ndarray
    names: list[str]


def compare_clusters(
    folders: Sequence[RunFolder],
    *,
    sites: Sequence[str] | None = None,
    position: str | None = None,
    steps: Sequence[int] | None = None,
    split: str | None = None,
) -> ComparedClusters:
    """What became of the first model's clusters in every other one, on the prompts that they share.

    Both are clustered into as many clusters as the first one's claims have labels, prepared as these ask.

    Args:
        folders: of runs or analyses, the one before first; a single one where `steps` are several.
        sites: such as `block.6`; the highest block where they are not given.
        position: whose states; where the claims of the first run are judged where it is not given.
        steps: checkpoints that every run has; the last of each where they are not given.
        split: of the examples; all that are scored where it is not given.

    Raises:
        ConfigError: there is nothing to compare; RunFolderError: no such checkpoint; LabelsError: no such
            position or site.
    """
    looks = [_Look(one, step) for one in map(look_into, folders) for step in one.steps(steps)]
    if len(looks) < 2:
        raise ConfigError(
            "clusters of one model at one step have nothing to be compared with",
            "Name two folders, or several steps of one: --steps 0 400.",
        )
    notes: list[str] = []
    rows: list[dict[str, Any]] = []
    for other in looks[1:]:
        shared = shared_by(looks[0].looked, other.looked, split, notes, with_labels=False)
        if shared is not None:
            rows += _pair(looks[0], other, shared, position, sites)
    return ComparedClusters(pd.DataFrame(rows, columns=list(COLUMNS)), tuple(dict.fromkeys(notes)))


def _pair(
    first: _Look, second: _Look, shared: Shared, position: str | None, sites: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    where = position or first.looked.settings.claims.position
    states = [
        one.looked.states(one.step, rows, (where,))
        for one, rows in zip((first, second), shared.rows, strict=True)
    ]
    n_clusters = len(np.unique(first.looked.labels()[shared.rows[0]]))
    is_train, units = states[0].split == "train", units_of(states[0])
    named = [_names(one, rows) for one, rows in zip((first, second), shared.rows, strict=True)]
    for site in sites or _highest(states[0].sites):
        missing = [
            (one.looked.folder.name, own.sites)
            for one, own in zip((first, second), states, strict=True)
            if site not in own.sites
        ]
        if missing:
            name, there = missing[0]
            raise LabelsError(f"{name} has no site {site}", f"There are: {', '.join(there)}.")
        before, after = (
            _clustered(
                own.at(where)[own.sites.index(site)], is_train, n_clusters, first.looked.settings, names
            )
            for own, names in zip(states, named, strict=True)
        )
        about = {
            "run_a": first.looked.folder.name, "step_a": first.step, "run_b": second.looked.folder.name,
            "step_b": second.step, "site": site, "position": where, "n_examples": len(units),
        }  # fmt: skip
        seed = seed_of(first.looked.settings.seed, "clusters", site)
        yield from (about | row for row in _rows(before, after, units, seed))


def _highest(sites: Sequence[str]) -> list[str]:
    return [one for one in sites if one.startswith("block.")][-1:] or list(sites[-1:])


def _clustered(
    points: np.ndarray,
    is_train: np.ndarray,
    n_clusters: int,
    settings: ExperimentSettings | AnalysisSettings,
    names: list[str],
) -> _Clustered:
    """One model's states, prepared and clustered as the settings ask, whichever model they are of."""
    scoring = settings.scoring
    fitted = points[is_train] if is_train.sum() > 1 else points
    prepared = prepare(points[None], fitted[None], settings.claims.preparation, scoring.pca_components)
    n_init = scoring.starts(n_clusters, is_settled=True)
    labels, again = (
        kmeans(
            prepared, n_clusters, seed=scoring.clustering_seed + more, n_init=n_init, breaths=MANY_BREATHS
        ).best_labels[0]
        for more in (0, 1)
    )
    return _Clustered(number_from_zero(labels), number_from_zero(again), names)


def _names(look: _Look, rows: np.ndarray) -> list[str]:
    """What each example is, in the labels that its own model's claims are about."""
    table, factor = look.looked.corpus.table, look.looked.settings.claims.factor
    known = table[factor].to_pylist() if factor in table.column_names else look.looked.labels()
    return [_named(known[row], factor) for row in rows]


def _named(value: object, factor: str) -> str:
    """A label as it is said: a number alone says nothing."""
    return f"{factor} {value}" if str(value).isdigit() else str(value)


def _rows(before: _Clustered, after: _Clustered, units: np.ndarray, seed: int) -> Iterator[dict[str, Any]]:
    yield from _event_rows(before, after, Draws(units, N_RESAMPLES, seed))
    halves = Halves.draw(units, seed)
    doubt = partial(misplace, units=units, seed=seed)
    yield from _level_rows(before.labels, after.labels, halves, doubt, {"control": "none"})
    for one, side in ((before, "a"), (after, "b")):
        about = {"control": ANOTHER_START, "clusters_a": side, "clusters_b": side}
        yield from _level_rows(one.labels, one.again, halves, doubt, about)


def _event_rows(before: _Clustered, after: _Clustered, draws: Draws) -> Iterator[dict[str, Any]]:
    """What became of every cluster; intervals take the clusters as they are, and one unit tells none."""
    events, table = events_of(before.labels, after.labels)
    drawn = _tables(before.labels, after.labels, draws.weights, table.shape)
    for event in events:
        value, among = float(event.overlap(table)), _among(event, before, after)
        low, high = np.nan, np.nan
        if draws.n_units > 1:
            ends = interval(event.overlap(drawn))
            low, high = exact_ends(value, (float(ends[0]), float(ends[1])), int(draws.count_units(among)))
        yield {
            "control": "none", "metric": "overlap", "event": event.name,
            **_sides(event, table, before, after),
            "value": value, "ci_low": low, "ci_high": high,
        }  # fmt: skip


def _among(event: Event, before: _Clustered, after: _Clustered) -> np.ndarray:
    """Which examples an event's overlap is a share of: those of all its clusters."""
    return np.isin(before.labels, event.before) | np.isin(after.labels, event.after)


def _level_rows(
    one: np.ndarray,
    other: np.ndarray,
    halves: Halves,
    doubt: Callable[[np.ndarray], np.ndarray],
    about: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    """How many of each event there are, and how far the two clusterings agree.

    Where these are the same no half can show that they might not be: the lower end is at most what they
    agree if a few units of one lie elsewhere, which is what `doubt` gives.
    """
    counts = Counter(each.name for each in events_of(one, other)[0])
    for name in EVENTS:
        yield about | {"metric": "count", "event": name, "value": counts[name]}
    value = adjusted_rand_index(one, other)
    found = np.array([adjusted_rand_index(one[rows], other[rows]) for rows in halves.rows])
    low, high = np.nan, np.nan
    if halves.rows:
        low, high = interval_of_halves(value, found)
        low, high = within_range("ari", (min(low, adjusted_rand_index(one, doubt(other))), high))
    yield about | {"metric": "ari", "event": "", "value": value, "ci_low": low, "ci_high": high}


def _tables(before: np.ndarray, after: np.ndarray, weights: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The table of every replicate: [replicate, before, after]."""
    cells = np.zeros((len(before), shape[0] * shape[1]))
    cells[np.arange(len(before)), before * shape[1] + after] = 1.0
    return (weights @ cells).reshape(-1, *shape)


def _sides(event: Event, table: np.ndarray, before: _Clustered, after: _Clustered) -> dict[str, Any]:
    """The clusters on both sides, how many examples are in them, and what these mostly are."""
    return {
        "clusters_a": _listed(event.before),
        "clusters_b": _listed(event.after),
        "labels_a": "; ".join(_mostly(before, one) for one in event.before),
        "labels_b": "; ".join(_mostly(after, one) for one in event.after),
        "n_a": int(table[list(event.before)].sum()),
        "n_b": int(table[:, list(event.after)].sum()),
    }


def _listed(clusters: Sequence[int]) -> str:
    return ", ".join(map(str, clusters))


def _mostly(clustered: _Clustered, cluster: int) -> str:
    names = Counter(clustered.names[row] for row in np.flatnonzero(clustered.labels == cluster))
    name, n = names.most_common(1)[0]
    return f"{name} {n / names.total():.0%}"
