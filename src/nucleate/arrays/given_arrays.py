"""What anybody gives to be scored, checked before any work begins.

This module hides which shapes and kinds of array are taken (NumPy, torch, memory-mapped, frames, files), and
all that can be wrong with them. Whatever it lets through can be scored, drawn and written to the end.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.arrays.given_values import check_lengths, flat, named, words_of
from nucleate.arrays.state_arrays import StateArrays
from nucleate.claims.settings import ClaimSettings
from nucleate.errors import ConfigError, LabelsError
from nucleate.scoring.examples import UNIT
from nucleate.scoring.settings import ACROSS, ScoringSettings

_SHAPES = "[example, d], [site, example, d] or [step, site, example, d]"
_NORM = "final_norm"


@dataclass(frozen=True)
class Beside:
    """What is told of states beside their labels; nothing of it must be.

    Attributes:
        groups: examples that hang together are resampled together; None: those of a label named `instruction`
            that is not the only one, or each example stands alone.
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


def read_arrays(states: Any, labels: Any, beside: Beside | None = None) -> StateArrays:
    """Put arrays together.

    Args:
        states: `[example, d]`, `[site, example, d]` or `[step, site, example, d]`, or an `.npy` file.
        labels: an array with a label per example, or a mapping or DataFrame with a factor per column; the
            first is the one that verdicts are about.
        beside: what else is known.

    Raises:
        LabelsError: shapes, lengths, kinds or names do not go together.
    """
    told = beside or Beside()
    whole = _with_all_axes(_read_file(Path(states)) if isinstance(states, str | os.PathLike) else states)
    n_steps, n_sites, n_examples, _ = whole.shape
    steps, sites = _steps_of(told.steps, n_steps), _sites_of(told.sites, n_sites)
    split = np.full(n_examples, "train") if told.split is None else flat("split", told.split).astype(str)
    found = {name: flat(f"the label {name!r}", values) for name, values in named(labels).items()}
    if not found:
        raise LabelsError("there is no label to compare clusters with", "Give `labels`.")
    groups = _groups_of(found, n_examples) if told.groups is None else flat("groups", told.groups)
    text = None if told.text is None else words_of(told.text)
    check_lengths({"split": split, **found, "groups": groups, "text": text}, n_examples)
    if not isinstance(told.position, str) or not told.position.strip():
        raise LabelsError(f"the position is {told.position!r}", 'Name it, for instance position="last".')
    return StateArrays(whole, steps, sites, told.position, split, found, groups, text)


def require_scorable(arrays: StateArrays, scoring: ScoringSettings, claims: ClaimSettings) -> None:
    """Prove that the arrays have what the settings ask for, and labels that clusters are compared with.

    Raises:
        ConfigError: a setting names what is not there.
        LabelsError: in no split are there two labels, one of them twice.
    """
    for key, asked, there in (
        ("scoring.factors", scoring.factors, arrays.factors),
        ("scoring.positions", scoring.positions, (arrays.position,)),
        ("scoring.across", (scoring.across,), (ACROSS, *arrays.factors)),
    ):
        missing = [name for name in asked if name not in there]
        if missing:
            raise ConfigError(
                f"{key} has {missing[0]!r}, which the arrays have not", f"There is: {', '.join(there)}."
            )
    _require_partition(arrays, claims.factor)


def _require_partition(arrays: StateArrays, factor: str) -> None:
    values = arrays.names[factor].astype(str)
    by_split = {str(split): values[arrays.split == split] for split in np.unique(arrays.split)}
    if any(1 < len(set(own)) < len(own) for own in by_split.values()):
        return
    said = ", ".join(f"{len(set(own))} in {len(own)} examples of {split}" for split, own in by_split.items())
    raise LabelsError(
        f"different labels of {factor!r}: {said}; clusters are compared with two labels or more, one of them "
        "there twice",
        "Give examples of another label, or several examples of one.",
    )


def place_of(out: Any, name: Any) -> Path:
    """The folder that arrays are scored into.

    Raises:
        ConfigError: it cannot be a folder's name.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"the model's name is {name!r}", "Give name= as text.")
    if out is not None and not isinstance(out, str | os.PathLike):
        raise ConfigError(f"out has the type {type(out).__name__}, expected a folder", "Give out= as a path.")
    return Path(out or Path("runs") / name)


def _read_file(path: Path) -> Any:
    """The array of a file, memory-mapped."""
    try:
        array = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        why = getattr(error, "strerror", "") or error
        raise LabelsError(
            f"{path} cannot be read as an array: {why}", "Give an .npy file as np.save writes it, of numbers."
        ) from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise LabelsError(f"{path} holds several arrays", "Load it with np.load, and give one of them.")
    return array


def _with_all_axes(states: Any) -> Any:
    if hasattr(states, "shape") and not isinstance(states, np.ndarray) and not hasattr(states, "detach"):
        states = np.asarray(states)  # frames and other libraries' arrays
    shape = getattr(states, "shape", None)
    if shape is None or not 2 <= len(shape) <= 4 or 0 in shape:
        what = f"the shape {tuple(shape)}" if shape is not None else f"the type {type(states).__name__}"
        raise LabelsError(f"states have {what}", f"Give an array {_SHAPES}, each 1 or more.")
    if not _is_real(states):
        raise LabelsError(
            f"states have the type {states.dtype}, expected real numbers",
            "Give floats: states.astype(np.float32); of complex numbers both parts side by side.",
        )
    if isinstance(states, np.ma.MaskedArray) and states.mask.any():
        raise LabelsError("states are masked in part", "Leave those examples out.")
    return states[(None,) * (4 - len(shape))]


def _is_real(states: Any) -> bool:
    if hasattr(states, "detach"):
        return not states.is_complex()
    return np.can_cast(states.dtype, np.float32, "same_kind")


def _steps_of(given: Any, n_steps: int) -> tuple[int, ...]:
    if given is None:
        return tuple(range(1, n_steps + 1))
    try:
        steps = tuple(int(step) for step in given)
        are_whole = all(step == own and 0 <= step < 2**63 for step, own in zip(steps, given, strict=True))
    except (TypeError, ValueError, OverflowError):
        are_whole = False
    if not are_whole:
        raise LabelsError(
            f"steps are {_shown(given)}, expected whole numbers from 0", "Give steps=[0, 100, ...]."
        )
    _check_names(steps, n_steps, "step")
    if list(steps) != sorted(steps):
        raise LabelsError(f"steps are not ascending: {_shown(steps)}", "Sort states and steps.")
    return steps


def _sites_of(given: Any, n_sites: int) -> tuple[str, ...]:
    """Where none are given, as a model has them; a single one is not said to be the embeddings."""
    if given is None:
        blocks = (f"block.{number}" for number in range(1, n_sites))
        return ("embed", *blocks) if n_sites > 1 else ("block.1",)
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
        raise LabelsError(f"sites are {given!r}, expected a list of names", 'Give sites=["embed", ...].')
    sites = tuple(map(str, given))
    _check_names(sites, n_sites, "site")
    if not all(re.fullmatch(r"embed|block\.[1-9]\d*|final_norm", name) for name in sites) or set(sites) == {
        _NORM
    }:
        raise LabelsError(
            f"sites are named {', '.join(sites)}",
            "Name them embed, block.1, block.2, ...; final_norm may follow.",
        )
    return sites


def _check_names(names: Sequence[Any], n: int, what: str) -> None:
    if len(names) != n or len(set(names)) != n:
        raise LabelsError(
            f"{len(set(names))} different {what}s are named, and the states have {n}",
            f"Name every {what} once, or leave `{what}s` out.",
        )


def _groups_of(found: dict[str, np.ndarray], n_examples: int) -> np.ndarray | None:
    """Taken out of the labels, but for a label that clusters are compared with; that tells no groups."""
    if UNIT not in found:
        return None
    return found.pop(UNIT) if len(found) > 1 else np.arange(n_examples)


def _shown(values: Any) -> str:
    told = repr(values)
    return told if len(told) < 80 else f"{told[:77]}..."
