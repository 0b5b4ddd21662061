"""Some of many, evenly spaced: checkpoints, layers or prompts, where all are too many to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def evenly_spaced(values: Sequence[T], n: int) -> list[T]:
    """`n` of the values, or all where these are fewer: the last, then the first, then evenly between them.

    Spaced by rank, whatever the values are; a place half way between two goes to the even one.
    """
    if n >= len(values):
        return list(values)
    if n < 2:
        return list(values[len(values) - n :])
    return [values[round(index * (len(values) - 1) / (n - 1))] for index in range(n)]
