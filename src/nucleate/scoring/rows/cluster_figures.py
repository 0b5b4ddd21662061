"""The figures of clusters against one factor: with an interval, and of labels that know nothing.

This module hides which figures rest on every start and which on the best one alone, and that all but the
Adjusted Rand Index are read off one table of labels by clusters, for the sample, its halves and permuted
labels alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nucleate.lazy import Bool, Float, Int
from nucleate.metrics.agreement.contingency import (
    adjusted_mutual_information,
    commonest_names,
    contingencies,
    contingency,
    expected_information,
    matched_names,
    share_named_right,
)
from nucleate.metrics.agreement.rand_index import Groups, draw_starts, misplace, stability
from nucleate.metrics.agreement.site_agreement import SiteAgreement, SiteClusters
from nucleate.resampling.bootstrap import NULL_LEVELS, Resamples, number_from_zero
from nucleate.resampling.half_samples import N_HALVES, Halves, Key
from nucleate.resampling.intervals import exact_ends, interval

NAMES: dict[str, Callable[[np.ndarray], np.ndarray]] = {"matched": matched_names, "purity": commonest_names}
"""How clusters get names; what then counts is the share of examples that are named right."""
OF_TABLE = ("ami", *NAMES)
CELLS_HELD = 2**23
"""Cells of the tables of permuted labels that are held at once: 64 MB, unless one table has more."""


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval, None where there is none."""

    metric: str
    value: float
    ci_low: float | None = None
    ci_high: float | None = None

    @classmethod
    def with_interval(cls, metric: str, value: float, ends: tuple[float, float]) -> Figure:
        low, high = (None if math.isnan(end) else end for end in ends)
        return cls(metric, value, low, high)

    @classmethod
    def of_null(cls, metric: str, values: Float[np.ndarray, " permutation"]) -> Figure:
        """Mean and levels of what permuted labels reach."""
        low, high = np.nanpercentile(values, NULL_LEVELS)
        return cls.with_interval(metric, float(np.nanmean(values)), (float(low), float(high)))

    @classmethod
    def of_mean(
        cls,
        metric: str,
        values: Float[np.ndarray, " example"] | Bool[np.ndarray, " example"],
        resamples: Resamples,
    ) -> Figure:
        """The mean over examples, its interval over resampled units; a share of 0 or 1 gets the exact one."""
        value = float(values.mean())
        if not resamples.tell_something:
            return cls(metric, value)
        low, high = map(float, interval(resamples.means(values.astype(float))))
        is_share = values.dtype == bool
        ends = exact_ends(value, (low, high), len(resamples.copies)) if is_share else (low, high)
        return cls.with_interval(metric, value, ends)


OfSite = tuple[list[Figure], list[Figure]]
"""The figures of one site, and what permuted labels reach there."""


@dataclass(frozen=True)
class FactorFigures:
    """One factor's labels with what its figures have in common; `at_sites` then takes clusters of every site.

    Attributes:
        labels: of the factor.
        permuted: the same, handed round; of none there are no controls.
        resamples: of the examples.
        halves: of the examples.
        metrics: which figures.
        seed: of the drawn starts.
        across: groups; `ari_across` is given where some examples of different ones share a label.
    """

    labels: Int[np.ndarray, " example"]
    permuted: Int[np.ndarray, "permutation example"]
    resamples: Resamples
    halves: Halves
    metrics: Sequence[str]
    seed: int
    across: Groups | None = None

    def at_sites(
        self, clusters: Int[np.ndarray, "site start example"], inertia: Float[np.ndarray, "site start"]
    ) -> Iterator[OfSite]:
        """For each site the figures that compare labels with clusters, and what permuted labels reach."""
        together = SiteClusters(clusters, inertia, self.seed)
        of_sites: list[OfSite] = [([], []) for _ in clusters]
        for metric, agreement in self._agreements.items():
            _add_agreement(metric, agreement, together, of_sites)
        for (figures, nulls), best, (found, heights) in zip(of_sites, together.best, together, strict=True):
            units = self.resamples.units
            figures.extend(
                _table_figures(self.labels, found, heights, units, self.halves, self.metrics, self.seed)
            )
            if "stability" in self.metrics and len(found) > 1:
                figures.append(Figure("stability", stability(found)))
            if len(self.permuted):
                nulls.extend(shuffled_figures(self.permuted, best, self.metrics))
            yield figures, nulls

    @cached_property
    def _agreements(self) -> dict[str, SiteAgreement]:
        """Agreement over all pairs, and over those across groups where there are some."""
        asked: dict[str, Groups | None] = {"ari": None}
        if self.across is not None:
            asked["ari_across"] = self.across
        return {
            metric: SiteAgreement(self.labels, self.resamples, self.permuted, self.seed, groups)
            for metric, groups in asked.items()
            if metric in self.metrics
        }


def _add_agreement(
    metric: str, agreement: SiteAgreement, clusters: SiteClusters, of_sites: list[OfSite]
) -> None:
    permuted, ends = agreement.permuted(clusters.best), np.stack(agreement.intervals(clusters), axis=1)
    values = agreement.indices(clusters.best).tolist()
    for (figures, nulls), value, null, (low, high) in zip(of_sites, values, permuted, ends, strict=True):
        if not math.isnan(value):
            figures.append(Figure.with_interval(metric, value, (float(low), float(high))))
        if not np.isnan(null).all():
            nulls.append(Figure.of_null(metric, null))


def shuffled_figures(
    permuted: Int[np.ndarray, "permutation example"],
    clusters: Int[np.ndarray, " example"],
    metrics: Sequence[str],
) -> Iterator[Figure]:
    """Mean and levels of the figures of a table that permuted labels reach with clusters as they are."""
    if not set(metrics) & set(OF_TABLE):
        return
    wanted = [metric for metric in OF_TABLE if metric in metrics]
    found: dict[str, list[np.ndarray]] = {metric: [] for metric in wanted}
    expected = None
    for tables in _tables_in_blocks(permuted, clusters):
        if "ami" in metrics:
            # A permutation keeps the sizes of the cells.
            expected = expected_information(tables[0]) if expected is None else expected
            found["ami"].append(adjusted_mutual_information(tables, expected))
        for metric, name in NAMES.items():
            if metric in metrics:
                found[metric].append(share_named_right(tables, name(tables)))
    for metric in wanted:
        yield Figure.of_null(metric, np.concatenate(found[metric]))


def _tables_in_blocks(
    permuted: Int[np.ndarray, "permutation example"], clusters: Int[np.ndarray, " example"]
) -> Iterator[Int[np.ndarray, "permutation label cluster"]]:
    """As many tables at a time as `CELLS_HELD` allows: they grow with labels squared."""
    n_cells = len(np.unique(permuted[0])) * (int(number_from_zero(clusters).max()) + 1)
    n_tables = max(1, CELLS_HELD // n_cells)
    for first in range(0, len(permuted), n_tables):
        yield contingencies(permuted[first : first + n_tables], clusters)


def _table_figures(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, "start example"],
    inertia: Float[np.ndarray, " start"],
    units: Int[np.ndarray, " example"],
    halves: Halves,
    metrics: Sequence[str],
    seed: int,
) -> Iterator[Figure]:
    """Halves draw clustering starts too, as the replicates of the Adjusted Rand Index do."""
    wanted = [metric for metric in OF_TABLE if metric in metrics]
    if not wanted:
        return
    best, starts = clusters[inertia.argmin()], draw_starts(inertia, N_HALVES, seed)
    table, expected = contingency(labels, best), _expected_in_half(labels, best, halves)
    found = _of_halves(labels, clusters[starts], halves, wanted, expected)
    values = {metric: float(value) for metric, value in _read(table, table, wanted).items()}
    keyed = {(metric, ""): value for metric, value in values.items()}
    ends = halves.intervals(keyed, lambda number, _: found[number])
    # Where nothing is misplaced no half can show that something might be.
    doubted = contingency(labels, misplace(best, units, seed))
    lowest = _read(doubted, doubted, wanted)
    for metric, value in values.items():
        low, high = ends[metric, ""]
        yield Figure.with_interval(metric, value, (min(low, float(lowest[metric])), min(high, 1.0)))


def _of_halves(
    labels: Int[np.ndarray, " example"],
    clusters: Int[np.ndarray, "half example"],
    halves: Halves,
    metrics: Sequence[str],
    expected: float,
) -> list[dict[Key, float]]:
    """The figures of every half, whose clusters are named by it and judged by the other.

    Halves have clusterings of their own; those with as many clusters are counted and read together, as many
    at a time as `CELLS_HELD` allows.
    """
    found: list[dict[Key, float]] = [{} for _ in halves.rows]
    if not found:
        return found
    rows, columns = number_from_zero(labels), np.stack([number_from_zero(own) for own in clusters])
    widths, n_labels = columns.max(axis=1) + 1, int(rows.max()) + 1
    for width in np.unique(widths).tolist():
        alike = np.flatnonzero(widths == width)
        n_tables = max(1, CELLS_HELD // (n_labels * width))
        for first in range(0, len(alike), n_tables):
            some = alike[first : first + n_tables]
            shape = (len(some), n_labels, width)
            chosen, others = _tables_of_halves(
                rows, columns[some], [halves.rows[half] for half in some], shape
            )
            for metric, values in _read(chosen, others, metrics, expected).items():
                for half, value in zip(some.tolist(), values.tolist(), strict=True):
                    found[half][metric, ""] = value
    return found


def _tables_of_halves(
    rows: Int[np.ndarray, " example"],
    columns: Int[np.ndarray, "half example"],
    halves: Sequence[np.ndarray],
    shape: tuple[int, int, int],
) -> tuple[Int[np.ndarray, "half label cluster"], Int[np.ndarray, "half label cluster"]]:
    """The table of every half, and that of the examples that are not in it."""
    cells = rows * shape[2] + columns + shape[1] * shape[2] * np.arange(shape[0])[:, None]
    inside = np.concatenate([own[half] for own, half in zip(cells, halves, strict=True)])
    whole, chosen = (
        np.bincount(each, minlength=math.prod(shape)).reshape(shape) for each in (cells.ravel(), inside)
    )
    return chosen, whole - chosen


def _expected_in_half(
    labels: Int[np.ndarray, " example"], clusters: Int[np.ndarray, " example"], halves: Halves
) -> float:
    """Cells of halves have about the same sizes, so one expectation serves all; it is most of the cost."""
    rows = next(iter(halves.rows), None)
    return math.nan if rows is None else expected_information(contingency(labels[rows], clusters[rows]))


def _read(
    tables: Int[np.ndarray, "*table label cluster"],
    judged: Int[np.ndarray, "*table label cluster"],
    metrics: Sequence[str],
    expected: float | None = None,
) -> dict[str, Float[np.ndarray, "*table"]]:
    """Figures of tables; clusters are named by them, and the share named right is counted in `judged`.

    A half that judged its own names would vary too little.
    """
    found = {
        metric: share_named_right(judged, NAMES[metric](tables)) for metric in metrics if metric in NAMES
    }
    if "ami" in metrics:
        found["ami"] = adjusted_mutual_information(tables, expected)
    return found
