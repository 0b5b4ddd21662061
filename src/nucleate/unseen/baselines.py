"""How far one comes on unseen instances without a model.

Each gives for every instance the chance of its being answered right, so that ties and guesses are
counted by what they are worth and not by how they happen to fall.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable

import numpy as np

from nucleate.corpus.corpus import Corpus
from nucleate.lazy import Float, Int


def baselines(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> dict[str, Float[np.ndarray, " row"]]:
    """For each of some rows of the corpus' table, the chance that each baseline answers it right.

    Returns:
        `lookup_table`: a table of dialect and input learned from the train split, and where it has no
            entry the commonest answer to that input;
        `nearest_neighbor`: the answer of the train instance of the same input whose instruction has the
            most similar token counts (Euclidean), or of all that are as near;
        `chance`: any answer that the train split has for that input.
    """
    return {
        "lookup_table": _lookup_table(corpus, rows),
        "nearest_neighbor": _nearest_neighbor(corpus, rows),
        "chance": _chance(corpus, rows),
    }


def _columns(corpus: Corpus) -> tuple[list[int], list[int], list[str]]:
    labels = corpus.labels()
    return (
        labels.get("dialect", labels["instruction"]).tolist(),
        labels["input"].tolist(),
        corpus.table["output"].to_pylist(),
    )


def _is_train(corpus: Corpus) -> np.ndarray:
    return np.flatnonzero(corpus.table["split"].to_numpy(zero_copy_only=False) == "train")


def _lookup_table(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
    dialect, x, y = _columns(corpus)
    trained = _is_train(corpus)
    by_dialect = _counts(((dialect[row], x[row]), y[row]) for row in trained)
    by_input = _counts((x[row], y[row]) for row in trained)
    found = [by_dialect.get((dialect[row], x[row])) or by_input.get(x[row], Counter()) for row in rows]
    return np.array([_share_of_commonest(one, y[row]) for one, row in zip(found, rows, strict=True)])


def _chance(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
    _, x, y = _columns(corpus)
    answers: dict[Hashable, Counter[str]] = _counts((x[row], y[row]) for row in _is_train(corpus))
    known = [answers.get(x[row], Counter()) for row in rows]
    return np.array([(y[row] in one) / max(len(one), 1) for one, row in zip(known, rows, strict=True)])


def _nearest_neighbor(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
    _, x, y = _columns(corpus)
    trained, counts = _is_train(corpus), corpus.token_bags(corpus.table).astype(float)
    inputs, outputs = np.array(x), np.array(y)
    right = np.zeros(len(rows))
    for value in np.unique(inputs[rows]):
        mine = np.flatnonzero(inputs[rows] == value)
        theirs = trained[inputs[trained] == value]
        if len(theirs):
            a, b = counts[rows[mine]], counts[theirs]
            squares = (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)
            nearest = squares == squares.min(1, keepdims=True)  # exact: counts are whole numbers
            same = outputs[theirs][None] == outputs[rows[mine]][:, None]
            right[mine] = (nearest & same).sum(1) / nearest.sum(1)
    return right


def _counts(entries: Iterable[tuple[Hashable, str]]) -> dict[Hashable, Counter[str]]:
    found: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for key, answer in entries:
        found[key][answer] += 1
    return dict(found)


def _share_of_commonest(counts: Counter[str], answer: str) -> float:
    """1 where `answer` alone is the commonest, less where it is so together with others."""
    most = max(counts.values(), default=0)
    commonest = [one for one, count in counts.items() if count == most]
    return float(answer in commonest) / max(len(commonest), 1)
