"""States and labels that were made elsewhere, as hidden states.

This module hides which shapes and kinds of array are taken (NumPy, torch, memory-mapped), that a step is
read when its turn comes, and that names of any kind become labels.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.corpus.corpus import NO_ANSWER
from nucleate.errors import LabelsError
from nucleate.lazy import lazy

text_features = lazy("sklearn.feature_extraction.text")

_SHAPES = "[example, d], [site, example, d] or [step, site, example, d]"
_NORM = "final_norm"
UNIT = "instruction"
"""The label whose examples are resampled together where no groups are given and it is not the only one."""


@dataclass(frozen=True)
class Beside:
    """What is told of states beside their labels; nothing of it must be.

    Attributes:
        groups: examples that hang together are resampled together; None: a label named `instruction`, or each
            example stands alone.
        steps: optimizer steps, ascending; None: 1, 2, ...
        sites: `embed`, `block.1`, ..., `final_norm`; None: the first of several is `embed`, the others are
            blocks.
        split: `train`, `validation`, ... of each example; None: all are `train`.
        text: of each example.
        position: which token's states they are.
    """

    groups: Any = None
    steps: Sequence[int] | None = None
    sites: Sequence[str] | None = None
    split: Any = None
    text: Sequence[str] | None = None
    position: str = "last"


@dataclass(frozen=True)
class StateArrays:
    """States of the same examples at every step and site, with their labels in words and numbers.

    Attributes:
        states: `[step, site, example, d]`; what of it is not asked for is not read.
        steps: ascending.
        sites: names along the second axis.
        position: what the states are of.
        split: of each example.
        names: label -> its name for every example.
        groups: which examples hang together, None where each stands alone.
        text: of each example, None where it is not told.
    """

    states: Any
    steps: tuple[int, ...]
    sites: tuple[str, ...]
    position: str
    split: np.ndarray
    names: Mapping[str, np.ndarray]
    groups: np.ndarray | None
    text: tuple[str, ...] | None

    @cached_property
    def counts(self) -> np.ndarray | None:
        """How often each word stands in each text."""
        if self.text is None:
            return None
        counted = text_features.CountVectorizer(token_pattern=r"\S+", lowercase=False).fit_transform(
            self.text
        )
        return counted.toarray().astype(np.int64)

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(self.names)

    def at(self, step: int) -> HiddenStates:
        """The first factor takes the part of the task: pictures are balanced over it."""
        own = _as_numpy(self.states[self.steps.index(step)])
        if not np.isfinite(own).all():
            raise LabelsError(f"states of step {step} are not all finite", "Leave those examples out.")
        n_examples = own.shape[1]
        labels = {name: _numbered(values) for name, values in self.names.items()}
        labels.setdefault("task", labels[self.factors[0]])
        nothing = np.full(n_examples, NO_ANSWER)
        return HiddenStates(
            states=own.transpose(1, 0, 2)[:, :, None],
            sites=self.sites,
            positions=(self.position,),
            split=self.split,
            labels=labels,
            predicted=nothing,
            expected=nothing,
            step=step,
            instruction_counts=self.counts,
            before_input=(),
            groups=None if self.groups is None else _numbered(self.groups),
        )

    def digest(self) -> str:
        """Of everything that is scored."""
        digest = hashlib.sha256()
        for index in range(len(self.steps)):
            digest.update(np.ascontiguousarray(_as_numpy(self.states[index])).tobytes())
        beside = [self.split, *self.names.values(), *([] if self.groups is None else [self.groups])]
        digest.update(repr([[str(value) for value in values] for values in beside]).encode())
        digest.update(repr(self.text).encode())
        return digest.hexdigest()


def read_arrays(states: Any, labels: Any, beside: Beside | None = None) -> StateArrays:
    """Put arrays together.

    Args:
        states: `[example, d]`, `[site, example, d]` or `[step, site, example, d]`; what of them is not asked
            for is not read.
        labels: an array, or a dict or DataFrame with a factor per column.
        beside: what else is told.

    Raises:
        LabelsError: shapes, lengths or names do not go together.
    """
    told = beside or Beside()
    whole = _with_all_axes(states)
    n_steps, n_sites, n_examples, _ = whole.shape
    steps = tuple(range(1, n_steps + 1)) if told.steps is None else tuple(map(int, told.steps))
    sites = _default_sites(n_sites) if told.sites is None else tuple(told.sites)
    _check_axes(steps, n_steps, sites, n_sites)
    split = np.full(n_examples, "train") if told.split is None else np.asarray(told.split).astype(str)
    found = {name: np.asarray(values) for name, values in _named(labels).items()}
    groups = _groups_of(found, n_examples) if told.groups is None else np.asarray(told.groups)
    text = None if told.text is None else tuple(map(str, told.text))
    _check_lengths({"split": split, **found, "groups": groups, "text": text}, n_examples)
    if not found:
        raise LabelsError("there is no label to compare clusters with", "Give `labels`.")
    return StateArrays(whole, steps, sites, told.position, split, found, groups, text)


def _groups_of(found: dict[str, np.ndarray], n_examples: int) -> np.ndarray | None:
    """Taken out of the labels, but for a label that clusters are compared with; that tells no groups."""
    if UNIT not in found:
        return None
    return found.pop(UNIT) if len(found) > 1 else np.arange(n_examples)


def _with_all_axes(states: Any) -> Any:
    shape = getattr(states, "shape", None)
    if shape is None or not 2 <= len(shape) <= 4:
        what = f"the shape {tuple(shape)}" if shape is not None else f"the type {type(states).__name__}"
        raise LabelsError(f"states have {what}", f"Give an array {_SHAPES}.")
    return states[(None,) * (4 - len(shape))]


def _check_axes(steps: tuple[int, ...], n_steps: int, sites: tuple[str, ...], n_sites: int) -> None:
    _check_names(steps, n_steps, "step")
    _check_names(sites, n_sites, "site")
    if not all(re.fullmatch(r"embed|block\.[1-9]\d*|final_norm", name) for name in sites) or set(sites) == {
        _NORM
    }:
        raise LabelsError(
            f"sites are named {', '.join(sites)}",
            "Name them embed, block.1, block.2, ...; final_norm may follow.",
        )
    if list(steps) != sorted(steps):
        raise LabelsError(f"steps are not ascending: {steps}", "Sort states and steps.")


def _check_lengths(beside: Mapping[str, Any], n_examples: int) -> None:
    for name, values in beside.items():
        if values is not None and len(values) != n_examples:
            raise LabelsError(
                f"{len(values)} values of {name} for {n_examples} examples", "Give one value per example."
            )


def _default_sites(n_sites: int) -> tuple[str, ...]:
    """As a model has them, the embeddings first; a single one is not said to be the embeddings."""
    return ("embed", *(f"block.{number}" for number in range(1, n_sites))) if n_sites > 1 else ("block.1",)


def _check_names(names: Sequence[Any], n: int, what: str) -> None:
    if len(names) != n or len(set(names)) != n:
        raise LabelsError(
            f"{len(set(names))} different {what}s are named, and the states have {n}",
            f"Name every {what} once, or leave `{what}s` out.",
        )


def _named(labels: Any) -> dict[str, Any]:
    """A mapping or a DataFrame has a factor per column, anything else is one factor."""
    if isinstance(labels, Mapping):
        return {str(name): values for name, values in labels.items()}
    if hasattr(labels, "columns"):
        return {str(name): labels[name] for name in labels.columns}
    return {str(getattr(labels, "name", None) or "label"): labels}


def _as_numpy(array: Any) -> np.ndarray:
    """In float32; a tensor of torch of any kind and place, without torch being asked for."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().float().numpy()
    return np.asarray(array, dtype=np.float32)


def _numbered(values: np.ndarray) -> np.ndarray:
    kind = values.astype(str) if values.dtype == object else values
    return np.unique(kind, return_inverse=True)[1]
