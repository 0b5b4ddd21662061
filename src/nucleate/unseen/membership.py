"""How lying with one's own task goes with being answered right.

This module hides that every statistic is a function of how often each example counts, so that its value
(each once) and its bootstrap replicates come out of one computation, for all sites at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nucleate.lazy import Bool, Float, Int

_CONTINUITY = 0.5
"""Added to each of the four counts behind an odds ratio, so that an empty cell leaves it finite.
Source: Haldane (1956) and Anscombe (1956)."""

Weights = Float[np.ndarray, "replicate example"]
Figures = Float[np.ndarray, "site replicate"]


@dataclass(frozen=True)
class Membership:
    """Examples of one split beside the task centroids, at all sites of one position.

    Attributes:
        distances: from every centroid.
        own: which centroid is that of the example's own task.
        answered: whether the model answered the example right.
    """

    distances: Float[np.ndarray, "site example task"]
    own: Int[np.ndarray, " example"]
    answered: Bool[np.ndarray, " example"]

    @property
    def margin(self) -> Float[np.ndarray, "site example"]:
        """How much nearer the own centroid lies than any other; negative where another one is nearer.

        Minus infinity where nothing is left of the own centroid, whatever is left of the others.
        """
        to_own = np.take_along_axis(self.distances, self.own[None, :, None], axis=2)[:, :, 0]
        others = np.where(np.arange(self.distances.shape[2]) == self.own[:, None], np.inf, self.distances)
        is_left = np.isfinite(to_own)
        return np.where(is_left, others.min(axis=2) - np.where(is_left, to_own, 0.0), -np.inf)

    @property
    def assigned(self) -> Bool[np.ndarray, "site example"]:
        """Whether the nearest centroid is that of the own task."""
        return self.margin > 0

    @property
    def relative_distance(self) -> Float[np.ndarray, "site example"]:
        """Distance from the own centroid over the mean distance from the others.

        Others of which nothing is left are not among these; NaN where nothing is left of the own, or of any
        other.
        """
        to_own = np.take_along_axis(self.distances, self.own[None, :, None], axis=2)[:, :, 0]
        is_other = np.arange(self.distances.shape[2]) != self.own[:, None]
        others = np.where(is_other & np.isfinite(self.distances), self.distances, np.nan)
        to_others = mean_of_known(others, np.ones((1, others.shape[2])))[:, :, 0]
        return np.where(np.isfinite(to_own), to_own, np.nan) / np.maximum(to_others, 1e-12)


def membership_figures(members: Membership, weights: Weights) -> dict[str, Figures]:
    """Assignment, answers given right and wrong assignment, odds ratio and AUROC, for each set of weights.

    NaN stands where there is nothing to divide by: no example is assigned wrong, or none answered wrong.
    The mean relative distance is that of the examples that have one.
    """
    assigned, answered = members.assigned, members.answered
    both = (assigned & answered) @ weights.T
    only_assigned = (assigned & ~answered) @ weights.T
    only_answered = (~assigned & answered) @ weights.T
    neither = (~assigned & ~answered) @ weights.T
    with np.errstate(invalid="ignore", divide="ignore"):
        odds = (both + _CONTINUITY) * (neither + _CONTINUITY)
        odds /= (only_assigned + _CONTINUITY) * (only_answered + _CONTINUITY)
        one_sided = (both + only_assigned) * (only_answered + neither) * (both + only_answered)
        one_sided = one_sided * (only_assigned + neither) == 0
        return {
            "assignment_accuracy": (both + only_assigned) / weights.sum(1),
            "accuracy_if_right": both / (both + only_assigned),
            "accuracy_if_wrong": only_answered / (only_answered + neither),
            "odds_ratio": np.where(one_sided, np.nan, odds),
            "auroc": np.stack([area_under_curve(one, answered, weights) for one in members.margin]),
            "relative_distance": mean_of_known(members.relative_distance, weights),
        }


def mean_of_known(values: Float[np.ndarray, "*figure example"], weights: Weights) -> np.ndarray:
    """The mean of the values that are there, for each set of weights: [*figure, replicate]; NaN of none."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.where(there, values, 0.0) @ weights.T) / (there @ weights.T))


def ties_begin(ordered: Float[np.ndarray, " example"]) -> Int[np.ndarray, " tie"]:
    """Where each run of equal scores begins, infinite ones too: a difference of two of these is none."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def area_under_curve(
    scores: Float[np.ndarray, " example"], positive: Bool[np.ndarray, " example"], weights: Weights
) -> Float[np.ndarray, " replicate"]:
    """How often a positive example scores above a negative one, ties counting half; NaN without either."""
    order = np.argsort(scores, kind="stable")
    begins = ties_begin(scores[order])
    ordered = weights[:, order]
    ups = np.add.reduceat(ordered * positive[order], begins, axis=1)
    downs = np.add.reduceat(ordered * ~positive[order], begins, axis=1)
    below = np.cumsum(downs, axis=1) - downs
    with np.errstate(invalid="ignore", divide="ignore"):
        return (ups * (below + downs / 2)).sum(1) / (ups.sum(1) * downs.sum(1))


def error_anatomy(
    members: Membership,
    answers: Int[np.ndarray, "task example"],
    predicted: Int[np.ndarray, " example"],
    expected: Int[np.ndarray, " example"],
) -> tuple[Float[np.ndarray, "site example"], Float[np.ndarray, " example"]]:
    """For each wrong answer, whether it is what the nearest wrong task gives for the input; and by chance.

    Args:
        members: where the examples lie.
        answers: what every task would give for each example's input, -1 where it does not have that input.
        predicted: what the model answered.
        expected: what was right.

    Returns: per site and example 1 or 0, and per example the share of other tasks that give that answer;
        NaN where the answer is right, or where no other task gives another answer to that input.
    """
    candidate = (answers >= 0) & (answers != expected)
    distances = np.where(candidate.T, members.distances, np.inf)
    nearest = distances.argmin(axis=2)
    given = answers[nearest, np.arange(len(predicted))]
    counts = (predicted != expected) & candidate.any(axis=0)
    matches = candidate & (answers == predicted)
    by_chance = matches.sum(0) / np.maximum(candidate.sum(0), 1)
    return np.where(counts, given == predicted, np.nan), np.where(counts, by_chance, np.nan)
