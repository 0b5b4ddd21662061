"""Clusters of two clusterings matched by the examples that they share: what became of each.

This module hides what counts as a match. A cluster goes over into another where more than half of its
examples do, and comes from one where more than half of its examples did, so that either has one such
partner at most.

Source: after Spiliopoulou, Ntoutsi, Theodoridis and Schult (2006), "MONIC: modeling and monitoring cluster
transitions".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nucleate.lazy import Float, Int, Num
from nucleate.metrics.agreement.contingency import contingency

EventName = Literal["kept", "moved", "merged", "split", "made", "dissolved"]
EVENTS: tuple[EventName, ...] = ("kept", "moved", "merged", "split", "made", "dissolved")
KEPT = 0.8
"""The least share of all examples of two clusters that lie in both, for the one to be the other still."""


@dataclass(frozen=True)
class Event:
    """What became of clusters.

    Attributes:
        name: `kept` and `moved`: each holds most of the other, and what they share is at least `KEPT` of both
            together, or less; `merged`: most of several go into one; `split`: most of several come from one;
            `made`: it comes from none, or is the lesser part of one; `dissolved`: it goes into none, or is
            the lesser part of one.
        before: clusters of the first clustering, by their rows in the table.
        after: clusters of the second, by their columns.
        nearest: of what was made or dissolved, the cluster of the other side with most of it; -1 for others.
    """

    name: EventName
    before: tuple[int, ...]
    after: tuple[int, ...]
    nearest: int = -1

    def overlap(self, table: Num[np.ndarray, "*replicate before after"]) -> Float[np.ndarray, "*replicate"]:
        """Examples in both of all in either; of what was made or dissolved, its share in the nearest one."""
        rows, columns = table.sum(-1), table.sum(-2)
        with np.errstate(invalid="ignore", divide="ignore"):
            if not self.before:
                column = self.after[0]
                return np.asarray(table[..., self.nearest, column] / columns[..., column])
            if not self.after:
                row = self.before[0]
                return np.asarray(table[..., row, self.nearest] / rows[..., row])
            shared = table[..., self.before, :][..., self.after].sum((-2, -1))
            either = rows[..., self.before].sum(-1) + columns[..., self.after].sum(-1) - shared
            return np.asarray(shared / either)


def events_of(
    before: Int[np.ndarray, " example"], after: Int[np.ndarray, " example"]
) -> tuple[list[Event], Int[np.ndarray, "before after"]]:
    """What became of every cluster of the first clustering, and where every one of the second comes from.

    Returns: each cluster in exactly one event of its side, but for one that is both merged and split, which
        is in both; and the table of examples that clusters share, in the order of their numbers.
    """
    table = contingency(before, after)
    goes = _majority(table, 1)
    comes = _majority(table.T, 1)
    found = [*_pairs(table, goes, comes)]
    merged = [
        Event("merged", _places(goes == column), (column,))
        for column in range(table.shape[1])
        if (goes == column).sum() > 1
    ]
    split = [
        Event("split", (row,), _places(comes == row))
        for row in range(table.shape[0])
        if (comes == row).sum() > 1
    ]
    return _with_rest([*found, *merged, *split], table), table


def _places(which: np.ndarray) -> tuple[int, ...]:
    return tuple(np.flatnonzero(which).tolist())


def _majority(table: np.ndarray, axis: int) -> np.ndarray:
    """The column in which more than half of each row lies, -1 where there is none."""
    best = table.argmax(axis)
    most = np.take_along_axis(table, best[:, None], axis)[:, 0]
    return np.where(2 * most > table.sum(axis), best, -1)


def _pairs(table: np.ndarray, goes: np.ndarray, comes: np.ndarray) -> list[Event]:
    """Clusters that hold most of each other, and are in no merge or split."""
    found = []
    for row, column in enumerate(goes):
        is_alone = column >= 0 and (goes == column).sum() == 1 and (comes == row).sum() == 1
        if is_alone and comes[column] == row:
            pair = Event("kept", (row,), (int(column),))
            is_kept = float(pair.overlap(table)) >= KEPT
            found.append(pair if is_kept else Event("moved", pair.before, pair.after))
    return found


def _with_rest(events: list[Event], table: np.ndarray) -> list[Event]:
    """Whatever is in none of the events was made or dissolved."""
    before = {row for one in events for row in one.before}
    after = {column for one in events for column in one.after}
    made = [
        Event("made", (), (column,), int(table[:, column].argmax()))
        for column in range(table.shape[1])
        if column not in after
    ]
    gone = [
        Event("dissolved", (row,), (), int(table[row].argmax()))
        for row in range(table.shape[0])
        if row not in before
    ]
    everything = [*events, *made, *gone]
    return sorted(everything, key=lambda one: (EVENTS.index(one.name), one.before, one.after))
