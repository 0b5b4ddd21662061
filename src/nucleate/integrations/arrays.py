"""States and labels that were made elsewhere, as hidden states.

Hidden here: which shapes and kinds of array are taken (NumPy, torch, memory-mapped), that a step is read when
its turn comes, and that names of any kind become labels.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
"""The label whose examples are resampled together."""


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
        counts: bags of words of the examples' texts, None where there are none.
    """

    states: Any
    steps: tuple[int, ...]
    sites: tuple[str, ...]
    position: str
    split: np.ndarray
    names: Mapping[str, np.ndarray]
    groups: np.ndarray | None
    counts: np.ndarray | None

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
        if self.groups is not None:
            labels[UNIT] = _numbered(self.groups)
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
        )

    def digest(self) -> str:
        """Of everything that is scored."""
        digest = hashlib.sha256()
        for index in range(len(self.steps)):
            digest.update(np.ascontiguousarray(_as_numpy(self.states[index])).tobytes())
        beside = [self.split, *self.names.values(), *([] if self.groups is None else [self.groups])]
        digest.update(repr([[str(value) for value in values] for values in beside]).encode())
        digest.update(b"" if self.counts is None else self.counts.tobytes())
        return digest.hexdigest()


def read_arrays(
    states: Any,
    labels: Any,
    *,
    groups: Any = None,
    steps: Sequence[int] | None = None,
    sites: Sequence[str] | None = None,
    split: Any = None,
    text: Sequence[str] | None = None,
    position: str = "last",
) -> StateArrays:
    """Put arrays together; see `score_arrays` for what they are.

    Raises:
        LabelsError: shapes, lengths or names do not go together.
    """
    n_dimensions = len(states.shape)
    if not 2 <= n_dimensions <= 4:
        raise LabelsError(f"states have the shape {tuple(states.shape)}", f"Give {_SHAPES}.")
    whole = states[(None,) * (4 - n_dimensions)]
    n_steps, n_sites, n_examples, _ = whole.shape
    taken = tuple(range(1, n_steps + 1)) if steps is None else tuple(map(int, steps))
    named = _default_sites(n_sites) if sites is None else tuple(sites)
    _check_names(taken, n_steps, "step")
    _check_names(named, n_sites, "site")
    if not all(re.fullmatch(r"embed|block\.[1-9]\d*|final_norm", name) for name in named) or set(named) == {
        _NORM
    }:
        raise LabelsError(
            f"sites are named {', '.join(named)}",
            "Name them embed, block.1, block.2, ...; final_norm may follow.",
        )
    if list(taken) != sorted(taken):
        raise LabelsError(f"steps are not ascending: {taken}", "Sort states and steps.")
    splits = np.full(n_examples, "train") if split is None else np.asarray(split).astype(str)
    found = {name: np.asarray(values) for name, values in _named(labels).items()}
    own_groups = found.pop(UNIT, None) if groups is None else np.asarray(groups)
    counts = None if text is None else _bags(text)
    beside = {"split": splits, **found, "groups": own_groups, "text": text}
    for name, values in beside.items():
        if values is not None and len(values) != n_examples:
            raise LabelsError(
                f"{len(values)} values of {name} for {n_examples} examples", "Give one value per example."
            )
    if not found:
        raise LabelsError("there is no label to compare clusters with", "Give `labels`.")
    return StateArrays(whole, taken, named, position, splits, found, own_groups, counts)


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


def _bags(text: Sequence[str]) -> np.ndarray:
    """How often each word stands in each text."""
    counted = text_features.CountVectorizer(token_pattern=r"\S+", lowercase=False).fit_transform(list(text))
    return counted.toarray().astype(np.int64)
