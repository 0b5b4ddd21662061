"""How alike the states of several models are: between sites, steps and runs, on the prompts that they share.

This module hides which examples two runs have in common, and that labels of two corpora are the same
partition whatever their numbers. What cannot be compared is said and left out, never compared all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from nucleate.capture.hidden_states import HiddenStates
from nucleate.comparing.looked import Looked, look_into
from nucleate.corpus.corpus import Corpus
from nucleate.errors import ConfigError, LabelsError
from nucleate.metrics.similarity import FEWEST_CLASSES, FEWEST_EXAMPLES, cka, class_rsa
from nucleate.resampling.bootstrap import number_from_zero
from nucleate.resampling.half_samples import Halves, interval_of_halves
from nucleate.resampling.named_seeds import seed_of
from nucleate.run_folder.folder import RunFolder
from nucleate.scoring.examples import units_of
from nucleate.stages.measuring import scored_rows

COLUMNS = (
    "run_a", "step_a", "site_a", "run_b", "step_b", "site_b", "position", "metric", "n_examples",
    "value", "ci_low", "ci_high",
)  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """States beside states.

    Attributes:
        table: a row per pair of sites and metric (`cka`, `class_rsa`), with its 95 % interval; see `COLUMNS`.
        notes: what differs between the runs, and what could not be compared for it.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Shared:
    """Two runs on the prompts that both have.

    Attributes:
        rows: of each run's corpus, prompt by prompt.
        labels: of both, from 0; None where they are not the same partition, or too few.
    """

    rows: tuple[np.ndarray, np.ndarray]
    labels: np.ndarray | None


def compare_states(
    folders: Sequence[RunFolder],
    *,
    position: str | None = None,
    steps: Sequence[int] | None = None,
    split: str | None = None,
) -> Compared:
    """CKA and class-RSA of all sites of every run and step with all of every other, and with their own.

    Args:
        folders: of the runs, one at least.
        position: whose states; where the claims of the first run are judged where it is not given.
        steps: checkpoints that every run has; the last of each where they are not given.
        split: of the examples; all that are scored where it is not given.

    Raises:
        ConfigError: no run is given; RunFolderError: no such checkpoint; LabelsError: no such position
            or split.
    """
    if not folders:
        raise ConfigError("expected the folders of the runs, got none", "nucleate compare DIR DIR --states")
    looked = [look_into(folder) for folder in folders]
    position = position or looked[0].settings.claims.position
    notes: list[str] = []
    rows: list[dict[str, object]] = []
    for first, second in combinations_with_replacement(looked, 2):
        shared = shared_by(first, second, split, notes)
        if shared is not None:
            rows += _rows(first, second, shared, position, steps)
    return Compared(pd.DataFrame(rows, columns=list(COLUMNS)), tuple(dict.fromkeys(notes)))


def _rows(
    first: Looked, second: Looked, shared: Shared, position: str, steps: Sequence[int] | None
) -> Iterator[dict[str, object]]:
    own = [first.states(step, shared.rows[0], (position,)) for step in first.steps(steps)]
    others = [second.states(step, shared.rows[1], (position,)) for step in second.steps(steps)]
    for index, one in enumerate(own):
        halves = Halves.draw(units_of(one), seed_of(first.settings.seed, "similarity"))
        for other in others[index if first is second else 0 :]:
            yield from _pair(first, second, one, other, shared, halves, position)


def _pair(
    first: Looked,
    second: Looked,
    one: HiddenStates,
    other: HiddenStates,
    shared: Shared,
    halves: Halves,
    position: str,
) -> Iterator[dict[str, object]]:
    a, b = one.at(position), other.at(position)
    measures = {"cka": lambda x, y, _labels: cka(x, y)}
    if shared.labels is not None:
        measures["class_rsa"] = class_rsa
    labels = np.zeros(a.shape[1], dtype=int) if shared.labels is None else shared.labels
    for metric, measure in measures.items():
        values = measure(a, b, labels)
        drawn = np.stack(
            [measure(a[:, half], b[:, half], labels[half]) for half in halves.rows] or [values[:0]]
        )
        for i, site_a in enumerate(one.sites):
            for j, site_b in enumerate(other.sites):
                low, high = (
                    interval_of_halves(values[i, j], drawn[:, i, j]) if halves.rows else (np.nan, np.nan)
                )
                yield {
                    "run_a": first.folder.name, "step_a": one.step, "site_a": site_a,
                    "run_b": second.folder.name, "step_b": other.step, "site_b": site_b,
                    "position": position, "metric": metric, "n_examples": a.shape[1],
                    "value": values[i, j], "ci_low": max(low, -1.0), "ci_high": min(high, 1.0),
                }  # fmt: skip


def shared_by(
    first: Looked, second: Looked, split: str | None, notes: list[str], *, with_labels: bool = True
) -> Shared | None:
    """The scored prompts that two runs have in common; None where they are too few, and `notes` says so.

    Without labels none are given, and nothing is noted of what would need them.
    """
    places = [_places(one, split) for one in (first, second)]
    both = [text for text in places[0] if text in places[1]]
    names = f"{first.folder.name} and {second.folder.name}"
    if len(both) < FEWEST_EXAMPLES:
        notes.append(f"{names} share {len(both)} prompts, too few to compare them")
        return None
    most = max(map(len, places))
    if len(both) < most:
        notes.append(f"{names} share {len(both)} of {most} prompts and are compared on those")
    rows = tuple(np.array([place[text] for text in both]) for place in places)
    if not with_labels:
        return Shared((rows[0], rows[1]), None)
    labels = [one.labels()[rows_of] for one, rows_of in zip((first, second), rows, strict=True)]
    alike = _same_partition(*labels)
    if not alike:
        notes.append(f"{names} have different tasks for the same prompts, so class_rsa is left out")
    is_told = alike and len(np.unique(labels[0])) >= FEWEST_CLASSES
    if alike and not is_told:
        notes.append(f"{names} have fewer than {FEWEST_CLASSES} tasks there, so class_rsa is left out")
    return Shared((rows[0], rows[1]), number_from_zero(labels[0]) if is_told else None)


def _places(looked: Looked, split: str | None) -> dict[str, int]:
    """Text -> row of the scored examples; of two of one text the first."""
    texts, splits = _texts(looked.corpus), looked.corpus.table["split"].to_pylist()
    if split is not None and split not in splits:
        there = ", ".join(sorted(set(splits)))
        raise LabelsError(f"{looked.folder.name} has no split {split!r}", f"There are: {there}.")
    rows = scored_rows(looked.settings, looked.corpus).tolist()
    return {texts[row]: row for row in reversed(rows) if split in (None, splits[row])}


def _texts(corpus: Corpus) -> list[str]:
    table = corpus.table
    if "prompt" in table.column_names:
        return table["prompt"].to_pylist()
    parts = (table[name].to_pylist() for name in ("instruction", "input"))
    return [f"{instruction} {given}" for instruction, given in zip(*parts, strict=True)]


def _same_partition(labels: np.ndarray, others: np.ndarray) -> bool:
    pairs = len(np.unique(np.stack([labels, others]), axis=1).T)
    return pairs == len(np.unique(labels)) == len(np.unique(others))
