"""Values that anybody gives per example: labels, groups, splits, texts.

This module hides which kinds of list, array and frame hold them, and what no table of ours could hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nucleate.corpus.prompts.files.prompt_files import TAKEN
from nucleate.errors import LabelsError
from nucleate.lazy import lazy

pd = lazy("pandas")

_FLAT = "Give a list or an array with one value per example."
_COLUMNS = (*TAKEN, "id", "prompt")


def named(labels: Any) -> dict[str, Any]:
    """A mapping or a frame has a factor per column, anything else is one factor.

    Raises:
        LabelsError: a name is there twice, is none, or is a column's of our tables.
    """
    if isinstance(labels, Mapping):
        found = [(str(name), values) for name, values in labels.items()]
    elif hasattr(labels, "columns"):
        columns = getattr(labels, "column_names", labels.columns)
        found = [(str(name), labels[name]) for name in columns]
    else:
        found = [(str(getattr(labels, "name", None) or "label"), labels)]
    names = [name for name, _ in found]
    _check_written("a label's name", names)
    for name in names:
        if not name.strip() or names.count(name) > 1:
            what = f"two labels are called {name!r}" if name.strip() else "a label has no name"
            raise LabelsError(what, "Give every label a name of its own.")
        if name in _COLUMNS:
            raise LabelsError(
                f"a label is called {name!r}, as a column of our tables is",
                f"Give it another name than these: {', '.join(_COLUMNS)}.",
            )
    return dict(found)


def flat(what: str, values: Any) -> np.ndarray:
    """An array with one value per example, all of them there and such as can be written.

    Raises:
        LabelsError: `what` is none such.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:  # lists of unequal length, arrays that are elsewhere
        raise LabelsError(f"{what} cannot be an array: {error}", _FLAT) from None
    if array.ndim != 1:
        came = f"the shape {array.shape}" if array.ndim else f"the type {type(values).__name__}"
        mend = "Give each column a name of its own, as a dict does." if array.ndim == 2 else _FLAT
        raise LabelsError(f"{what} has {came}, expected one value per example", mend)
    if array.dtype.kind == "V":
        raise LabelsError(f"{what} has the type {array.dtype}, expected plain values", _FLAT)
    n_missing = int(pd.isna(array).sum())
    if n_missing:
        raise LabelsError(
            f"{what} is missing (None or NaN) in {n_missing} of {len(array)} examples",
            "Leave those examples out, or write what they are.",
        )
    _check_written(what, map(str, array) if array.dtype.kind in "OU" else ())
    return array


def words_of(text: Any) -> tuple[str, ...]:
    """Raises LabelsError where it is not a text per example, with a word in one of them."""
    words = tuple(map(str, flat("text", text)))
    if words and not any(map(str.split, words)):
        raise LabelsError("text holds no word", "Give every example its text, or leave `text` out.")
    return words


def _check_written(what: str, words: Iterable[str]) -> None:
    try:
        for word in words:
            word.encode()
    except UnicodeEncodeError:
        raise LabelsError(f"{what} holds half of a surrogate pair", "Write the whole character.") from None


def check_lengths(beside: Mapping[str, Any], n_examples: int) -> None:
    """Raises LabelsError where there are more values of something than examples, or fewer."""
    for name, values in beside.items():
        if values is not None and len(values) != n_examples:
            raise LabelsError(
                f"{len(values)} values of {name} for {n_examples} examples", "Give one value per example."
            )
