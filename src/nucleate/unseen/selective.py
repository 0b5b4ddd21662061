"""Selective answering: whoever may stay silent answers where the state lies with its task. What is gained?

This module hides how ties count (each as its group's mean), what "lies with" is without knowing the task
(the gap between the two nearest centroids), and that every curve and its replicates come out of one
computation. The centroids are those of the look at unseen instances: an instance's own instruction has no
part in them.

Source: El-Yaniv and Wiener (2010), "On the foundations of noise-free selective classification"; area: Geifman
and El-Yaniv (2017), "Selective classification for deep neural networks".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from nucleate.capture.hidden_states import layer_of
from nucleate.lazy import Bool, Float
from nucleate.resampling.intervals import Draws, exact_ends, interval
from nucleate.unseen.membership import Membership, Weights, ties_begin

COVERAGES = np.arange(1, 101) / 100
"""Shares of the instances that are answered, at which risk is known; its mean over them is the area."""
SHOWN = COVERAGES[4::5]
COLUMNS = (
    "run", "model", "seed", "step", "split", "position", "site", "layer", "score", "metric", "coverage",
    "value", "ci_low", "ci_high", "n_examples",
)  # fmt: skip
"""`score`: what instances are ranked by: `margin` of the own task's centroid, `gap` between the two nearest
centroids, which needs no label, the model's `confidence`, or `random`. `metric`: `risk` at a `coverage`, the
area `aurc` under it, or `aurc_gain`, the confidence's area less this: above 0 the cluster is the better."""


def risk_curves(
    scores: Float[np.ndarray, " example"], right: Bool[np.ndarray, " example"], weights: Weights
) -> Float[np.ndarray, "replicate coverage"]:
    """Share of wrong answers among the instances of the highest scores, at each of `COVERAGES`.

    Among instances of one score as many are taken as are needed, and they err as their mean does.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = weights[:, order]
    begins = ties_begin(scores[order])
    taken = np.cumsum(np.add.reduceat(ordered, begins, axis=1), axis=1)
    wrong = np.cumsum(np.add.reduceat(ordered * ~right[order], begins, axis=1), axis=1)
    total = taken[:, -1:]
    found = np.stack(
        [
            np.interp(COVERAGES * n, np.concatenate([[0.0], t]), np.concatenate([[0.0], w]))
            for n, t, w in zip(total[:, 0], taken, wrong, strict=True)
        ]
    )
    return found / (COVERAGES * total)


def gap(members: Membership) -> Float[np.ndarray, "site example"]:
    """How much nearer the nearest centroid is than the next: the margin of who does not know the task.

    Nothing where something is left of fewer than two centroids: there is nothing to choose between.
    """
    nearest = np.partition(members.distances, 1, axis=2)[:, :, :2]
    is_left = np.isfinite(nearest).all(axis=2, keepdims=True)
    nearest = np.where(is_left, nearest, 0.0)
    return nearest[:, :, 1] - nearest[:, :, 0]


class Ranking:
    """The curves of one split, with one set of draws for all of them.

    Args:
        about: the columns that all rows share.
        right: whether each instance was answered right.
        confidence: the probability that the model gave its answer; None where it is not known.
        draws: replicates; the first of `weights` counts every instance once.
    """

    def __init__(
        self,
        about: dict[str, Any],
        right: Bool[np.ndarray, " example"],
        confidence: Float[np.ndarray, " example"] | None,
        draws: Draws,
        weights: Weights,
    ) -> None:
        self.about, self.right, self.draws, self.weights = about, right, draws, weights
        self.of_confidence = None if confidence is None else risk_curves(confidence, right, weights)

    def without_states(self) -> Iterator[dict[str, Any]]:
        """Rows of what needs no look inside: the model's confidence, and instances in random order."""
        at_random = risk_curves(np.zeros(len(self.right)), self.right, self.weights)
        for score, curves in (("confidence", self.of_confidence), ("random", at_random)):
            if curves is not None:
                yield from self._rows(curves, {"position": "", "site": "", "layer": None, "score": score})

    def at_position(
        self, members: Membership, position: str, sites: tuple[str, ...]
    ) -> Iterator[dict[str, Any]]:
        """Rows of the margin and of the gap at every site."""
        for score, ranked in (("margin", members.margin), ("gap", gap(members))):
            for site, values in zip(sites, ranked, strict=True):
                place = {"position": position, "site": site, "layer": layer_of(site), "score": score}
                curves = risk_curves(values, self.right, self.weights)
                yield from self._rows(curves, place)
                if self.of_confidence is not None:
                    gain = self.of_confidence.mean(1) - curves.mean(1)
                    yield self._row(gain, place | {"metric": "aurc_gain", "coverage": np.nan})

    def _rows(
        self, curves: Float[np.ndarray, "replicate coverage"], place: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        yield self._row(curves.mean(1), place | {"metric": "aurc", "coverage": np.nan})
        for coverage, figures in zip(SHOWN, curves[:, 4::5].T, strict=True):
            row = self._row(figures, place | {"metric": "risk", "coverage": float(coverage)})
            n_units = max(1, round(coverage * self.draws.n_units))
            row["ci_low"], row["ci_high"] = exact_ends(row["value"], (row["ci_low"], row["ci_high"]), n_units)
            yield row

    def _row(self, figures: Float[np.ndarray, " replicate"], place: dict[str, Any]) -> dict[str, Any]:
        low, high = (float(end) for end in interval(figures[1:]))
        ends = {"value": float(figures[0]), "ci_low": low, "ci_high": high}
        return self.about | place | ends | {"n_examples": len(self.right)}


def selective_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a table with `COLUMNS`."""
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"layer": "Int64"})
