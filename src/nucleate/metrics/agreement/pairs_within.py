"""Pairs of examples of one group, written out: where groups are small they are few."""

from __future__ import annotations

import numpy as np

from nucleate.lazy import Int
from nucleate.resampling.bootstrap import number_from_zero


def n_pairs_within(groups: Int[np.ndarray, " example"]) -> int:
    """How many pairs of examples are of one group."""
    sizes = np.bincount(number_from_zero(groups))
    return int((sizes * (sizes - 1) // 2).sum())


def pairs_within(
    groups: Int[np.ndarray, " example"],
) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]:
    """All pairs of examples of one group, each once; groups are numbered from 0."""
    order, sizes = np.argsort(groups, kind="stable"), np.bincount(groups)
    place = np.arange(len(order))
    n_after = np.repeat(sizes.cumsum(), sizes) - place - 1
    first = np.repeat(place, n_after)
    second = np.arange(len(first)) - np.repeat(n_after.cumsum() - n_after, n_after) + first + 1
    return order[first], order[second]
