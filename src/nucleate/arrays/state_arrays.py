"""States and labels that were made elsewhere, as hidden states.

This module hides that a step is read when its turn comes, that arrays of torch are no different, and that
names of any kind become labels. What may be given, `given_arrays.py` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.corpus.corpus import NO_ANSWER
from nucleate.errors import LabelsError
from nucleate.lazy import lazy

text_features = lazy("sklearn.feature_extraction.text")


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
        own = self._read(step)
        n_examples = own.shape[1]
        labels = {name: numbered(values) for name, values in self.names.items()}
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
            groups=None if self.groups is None else numbered(self.groups),
        )

    def _read(self, step: int) -> np.ndarray:
        own = as_numpy(self.states[self.steps.index(step)])
        if not np.isfinite(own).all():
            raise LabelsError(
                f"states of step {step} are not all finite in float32",
                "Leave those examples or that step out.",
            )
        return own

    def digest(self) -> str:
        """Of everything that is scored; everything is read for it.

        Raises:
            LabelsError: states are not all finite.
        """
        whole = (tuple(self.states.shape), self.steps, self.sites, self.position)
        digest = hashlib.sha256(repr(whole).encode())
        for step in self.steps:
            digest.update(np.ascontiguousarray(self._read(step)).tobytes())
        beside = [self.split, *self.names.values(), *([] if self.groups is None else [self.groups])]
        digest.update(repr([[str(value) for value in values] for values in beside]).encode())
        digest.update(repr(self.text).encode())
        return digest.hexdigest()


def as_numpy(array: Any) -> np.ndarray:
    """In float32; a tensor of torch of any kind and place, without torch being asked for."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().float().numpy()
    with np.errstate(over="ignore"):  # what is too large is not finite then, and refused
        return np.asarray(array, dtype=np.float32)


def numbered(values: np.ndarray) -> np.ndarray:
    """Integers from 0 in the place of values of any kind."""
    kind = values.astype(str) if values.dtype == object else values
    return np.unique(kind, return_inverse=True)[1]
