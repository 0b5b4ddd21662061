"""The figures of clusters against one factor: with an interval, and of labels that know nothing.

Another sample would have other clusters, not these with other examples in them: intervals come from halves
of the examples that are clustered anew. This module hides that all figures but the Adjusted Rand Index are
read off one table of labels by clusters, for the sample, its halves and permuted labels alike.
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
from nucleate.metrics.agreement.rand_index import Groups, misplace, stability
from nucleate.metrics.agreement.site_agreement import Best, SiteAgreement
from nucleate.metrics.ranges import within_range
from nucleate.resampling.bootstrap import NULL_LEVELS, Resamples, number_from_zero
from nucleate.resampling.half_samples import interval_of_halves
from nucleate.resampling.intervals import exact_ends, interval

NAMES: dict[str, Callable[[np.ndarray], np.ndarray]] = {"matched": matched_names, "purity": commonest_names}
"""How clusters get names; what then counts is the share of examples that are named right."""
OF_TABLE = ("ami", *NAMES)
CELLS_HELD = 2**23
"""Cells of the tables of permuted labels that are held at once: 64 MB, unless one table has more."""


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval, None where there is none; no end lies where no value can."""

    metric: str
    value: float
    ci_low: float | None = None
    ci_high: float | None = None

    @classmethod
    def with_interval(cls, metric: str, value: float, ends: tuple[float, float]) -> Figure:
        low, high = (None if math.isnan(end) else end for end in within_range(metric, ends))
        return cls(metric, value, low, high)

    @classmethod
    def of_null(cls, metric: str, values: Float[np.ndarray, " permutation"]) -> Figure:
        """Mean and levels of what permuted labels reach."""
        low, high = np.nanpercentile(values, NULL_LEVELS)
        return cls.with_interval(metric, float(np.nanmean(values)), (float(low), float(high)))

    @classmethod
    def of_halves(
        cls, metric: str, value: float, halves: Float[np.ndarray, " half"], doubted: float
    ) -> Figure:
        """A figure with its interval from halves of the examples.

        Where nothing is misplaced no half can show that something might be: the lower end is at most
        `doubted`, the figure with a few units put elsewhere.
        """
        low, high = interval_of_halves(value, halves)
        return cls.with_interval(metric, value, (min(low, doubted), high))

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

Halved = Sequence[tuple[Int[np.ndarray, " _"], Int[np.ndarray, "site _"]]]
"""Some of the examples, such as a half, and their clusters at every site."""


@dataclass(frozen=True)
class FactorFigures:
    """One factor's labels with what its figures have in common; `at_sites` then takes clusters of every site.

    Attributes:
        labels: of the factor.
        permuted: the same, handed round; of none there are no controls.
        units: of the examples.
        metrics: which figures.
        seed: of the units that are put elsewhere.
        across: groups; `ari_across` is given where some examples of different ones share a label.
    """

    labels: Int[np.ndarray, " example"]
    permuted: Int[np.ndarray, "permutation example"]
    units: Int[np.ndarray, " example"]
    metrics: Sequence[str]
    seed: int
    across: Groups | None = None

    def at_sites(
        self,
        clusters: Int[np.ndarray, "site start example"],
        inertia: Float[np.ndarray, "site start"],
        halved: Halved,
    ) -> Iterator[OfSite]:
        """For each site the figures that compare labels with clusters, and what permuted labels reach.

        Args:
            clusters: of every start.
            inertia: of every start; the clusters of the lowest count.
            halved: halves of the examples with clusters of their own, behind the intervals.
        """
        best = clusters[np.arange(len(clusters)), inertia.argmin(axis=1)]
        misplaced = np.stack([misplace(own, self.units, self.seed) for own in best])
        of_sites: list[OfSite] = [([], []) for _ in clusters]
        for metric, agreement in self._agreements.items():
            self._add_agreement(metric, agreement, (best, misplaced), halved, of_sites)
        self._add_table_figures((best, misplaced), halved, of_sites)
        for (figures, nulls), found, own in zip(of_sites, clusters, best, strict=True):
            if "stability" in self.metrics and len(found) > 1:
                figures.append(Figure("stability", stability(found)))
            if len(self.permuted):
                nulls.extend(shuffled_figures(self.permuted, own, self.metrics))
            yield figures, nulls

    @cached_property
    def _agreements(self) -> dict[str, SiteAgreement]:
        """Agreement over all pairs, and over those across groups where there are some."""
        asked: dict[str, Groups | None] = {"ari": None}
        if self.across is not None:
            asked["ari_across"] = self.across
        return {
            metric: SiteAgreement(self.labels, self.permuted, groups)
            for metric, groups in asked.items()
            if metric in self.metrics
        }

    def _add_agreement(
        self,
        metric: str,
        agreement: SiteAgreement,
        clusters: tuple[Best, Best],
        halved: Halved,
        of_sites: list[OfSite],
    ) -> None:
        best, misplaced = clusters
        values, doubted = agreement.indices(best), agreement.indices(misplaced)
        of_halves = [agreement.of_some(rows).indices(own) for rows, own in halved]
        permuted = agreement.permuted(best)
        for site, (figures, nulls) in enumerate(of_sites):
            if not math.isnan(values[site]):
                halves = np.array([half[site] for half in of_halves])
                figures.append(Figure.of_halves(metric, float(values[site]), halves, float(doubted[site])))
            if not np.isnan(permuted[site]).all():
                nulls.append(Figure.of_null(metric, permuted[site]))

    def _add_table_figures(self, clusters: tuple[Best, Best], halved: Halved, of_sites: list[OfSite]) -> None:
        wanted = [metric for metric in OF_TABLE if metric in self.metrics]
        if not wanted:
            return
        best, misplaced = clusters
        expected = [_expected_in_half(self.labels, site, halved) for site in range(len(best))]
        of_halves = [
            [
                _read(table, wanted, one)
                for table, one in zip(_tables(self.labels[rows], own), expected, strict=True)
            ]
            for rows, own in halved
        ]
        whole, doubted = (
            [_read(table, wanted) for table in _tables(self.labels, own)] for own in (best, misplaced)
        )
        for site, (figures, _) in enumerate(of_sites):
            for metric in wanted:
                halves = np.array([half[site][metric] for half in of_halves])
                figures.append(Figure.of_halves(metric, whole[site][metric], halves, doubted[site][metric]))


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


def _tables(
    labels: Int[np.ndarray, " example"], clusters: Int[np.ndarray, "site example"]
) -> Iterator[Int[np.ndarray, "label cluster"]]:
    """The table of every site."""
    return (contingency(labels, own) for own in clusters)


def _expected_in_half(labels: Int[np.ndarray, " example"], site: int, halved: Halved) -> float:
    """Cells of halves have about the same sizes, so one expectation serves all; it is most of the cost."""
    for rows, clusters in halved:
        return expected_information(contingency(labels[rows], clusters[site]))
    return math.nan


def _read(
    table: Int[np.ndarray, "label cluster"], metrics: Sequence[str], expected: float | None = None
) -> dict[str, float]:
    """Figures of a table."""
    found = {
        metric: float(share_named_right(table, NAMES[metric](table))) for metric in metrics if metric in NAMES
    }
    if "ami" in metrics:
        found["ami"] = float(adjusted_mutual_information(table, expected))
    return found
