"""Unseen instances: does lying with one's own task go with being answered right?

This module hides which examples are taken and against which centroids they are held. Centroids are those of
train states alone, and of dialects trained in full, and every instance is held against centroids that its
own instruction has no part in. An association is no cause; causes are the business of `intervene`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nucleate.capture.hidden_states import HiddenStates, layer_of
from nucleate.corpus.corpus import NO_ANSWER, Corpus
from nucleate.corpus.subset import analysis_subset, centroid_rows
from nucleate.lazy import Bool, Float, Int
from nucleate.metrics.centroids import Centroids
from nucleate.resampling.intervals import Draws, exact_ends, interval
from nucleate.resampling.named_seeds import drawn_anew, stream
from nucleate.scores import RunTag, Score, Scores
from nucleate.scoring.examples import has_one_task
from nucleate.unseen.baselines import baselines
from nucleate.unseen.lag import Course, lag
from nucleate.unseen.membership import (
    Membership,
    area_under_curve,
    error_anatomy,
    mean_of_known,
    membership_figures,
)
from nucleate.unseen.selective import Ranking, selective_table
from nucleate.unseen.settings import UnseenSettings

SPLITS = ("validation", "unseen_instruction", "unseen_dialect")


def what_is_lacking(corpus: Corpus) -> str:
    """Why a corpus has no unseen instances to look at; empty where it has."""
    missing = [name for name in ("instruction", "input", "output") if name not in corpus.labels()]
    if missing:
        return f"the prompts do not tell their {missing[0].replace('output', 'answer')}"
    there = set(corpus.table["split"].unique().to_pylist())
    if "train" not in there or not there & set(SPLITS):
        return "it needs the splits train and validation"
    labels, split = corpus.labels(), corpus.table["split"].to_numpy(zero_copy_only=False)
    if not has_one_task(labels["instruction"], labels["task"]):
        return "one instruction is given for several tasks, so the task belongs to the input"
    strange = np.isin(split, SPLITS) & ~np.isin(labels["task"], labels["task"][split == "train"])
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        named = corpus.table[getattr(corpus, "task", "task")][row].as_py()
        return f"the task {named!r} is in {split[row]} and has no example in train; it needs two there"
    return ""


def unseen_rows(corpus: Corpus, settings: UnseenSettings, seed: int) -> Int[np.ndarray, " example"]:
    """Rows whose states are looked at: train instances behind the centroids, then unseen ones."""
    seed = drawn_anew(seed, settings.draw_seed)
    reference = centroid_rows(corpus, settings.n_centroid_examples, seed)
    return np.concatenate([reference, *_rows_by_split(corpus, settings, seed).values()])


@dataclass(frozen=True)
class UnseenTables:
    """What was found of unseen instances.

    Attributes:
        scores: every figure; see `look_at_unseen`.
        selective: risk and coverage of who answers where a state lies with its task; see `selective.COLUMNS`.
    """

    scores: Scores
    selective: pd.DataFrame


def look_at_unseen(
    captured: Iterable[HiddenStates],
    corpus: Corpus,
    settings: UnseenSettings,
    tag: RunTag,
) -> UnseenTables:
    """Every figure about unseen instances, for every split that the corpus has.

    Rows have the method `nearest_centroid` and as metrics `assignment_accuracy`, `accuracy_if_right`,
    `accuracy_if_wrong`, `odds_ratio`, `auroc`, `relative_distance`, `error_of_nearest_task` and, at the last
    step, `lag`. Controls are `shuffled_labels` (centroids of train instances with shuffled tasks, at the last
    step), `random_task`, and `confidence`: how well the probability that the model gave its answer ranks
    right answers above wrong ones, which needs no look inside. Accuracy of the model, and of baselines at
    the last step, has no site. A figure that half of its replicates or more do not have is not given.

    Args:
        captured: states of `unseen_rows`, of one checkpoint after the other.
        corpus: what they were taught.
        settings: on how many instances, and where.
        tag: whose rows they are; instances and intervals are drawn from its seed.
    """
    seed = drawn_anew(tag.seed, settings.draw_seed)
    rows = _rows_by_split(corpus, settings, seed)
    looks = {split: _Look(corpus, rows[split], settings, split, seed) for split in rows}
    figures: list[dict[str, Any]] = []
    selective: list[dict[str, Any]] = []
    states = None
    for states in captured:
        trained = states.of_split("train")
        for split, look in looks.items():
            figures += look.at_step(trained, states.of_split(split))
    if states is not None:
        for split, look in looks.items():
            trained, own = states.of_split("train"), states.of_split(split)
            figures += look.at_the_end(trained, own)
            selective += look.selective(trained, own, tag)
    scores = Scores.from_rows(Score(**tag.columns, **figure) for figure in figures)
    return UnseenTables(scores, selective_table(selective))


def _rows_by_split(
    corpus: Corpus, settings: UnseenSettings, seed: int
) -> dict[str, Int[np.ndarray, " example"]]:
    there = set(corpus.table["split"].unique().to_pylist())
    splits = [split for split in SPLITS if split in there]
    return {
        split: analysis_subset(corpus, corpus.n_tasks, settings.n_examples, (split,), seed)
        for split in splits
    }


class _Look:
    """What is measured on one split, with one set of draws for all of it."""

    def __init__(
        self, corpus: Corpus, rows: Int[np.ndarray, " row"], settings: UnseenSettings, split: str, seed: int
    ) -> None:
        self.settings, self.split, self.seed = settings, split, seed
        labels = corpus.labels()
        self.draws = Draws(labels["instruction"][rows], settings.n_resamples, seed)
        self.weights = np.concatenate([np.ones((1, len(rows))), self.draws.weights])
        self.everyone = np.ones(len(rows), dtype=bool)
        self.answers = _answers_of_tasks(corpus)[:, labels["input"][rows]]
        self.baselines = baselines(corpus, rows)
        self.courses = {position: Course() for position in settings.positions}

    def at_step(self, trained: HiddenStates, states: HiddenStates) -> Iterator[dict[str, Any]]:
        accuracy = states.right @ self.weights.T / self.weights.sum(1)
        yield self._row(states.step, "model", "accuracy", accuracy, self.everyone)
        for position in self.settings.positions:
            members = self._members(trained, states, position, trained.labels["task"])
            found = membership_figures(members, self.weights)
            of = {"accuracy_if_right": members.assigned, "accuracy_if_wrong": ~members.assigned}
            of["assignment_accuracy"] = np.broadcast_to(self.everyone, members.assigned.shape)
            of["relative_distance"] = ~np.isnan(members.relative_distance)
            for metric, values in found.items():
                yield from self._site_rows(
                    states, position, metric, values, len(members.tasks), of=of.get(metric)
                )
            yield from self._confidence(states, position, len(members.tasks))
            yield from self._errors(states, position, members)
            course = self.courses[position]
            course.steps.append(states.step)
            course.assigned.append(found["assignment_accuracy"])
            course.answered.append(accuracy)

    def at_the_end(self, trained: HiddenStates, states: HiddenStates) -> Iterator[dict[str, Any]]:
        for method, right in self.baselines.items():
            values = right @ self.weights.T / self.weights.sum(1)
            yield self._row(states.step, method, "accuracy", values, self.everyone)
        for position, course in self.courses.items():
            steps = np.array(course.steps)
            values = lag(steps, np.stack(course.assigned), np.stack(course.answered))
            yield from self._site_rows(states, position, "lag", values, 0)
            yield from self._shuffled(trained, states, position)

    def selective(self, trained: HiddenStates, states: HiddenStates, tag: RunTag) -> Iterator[dict[str, Any]]:
        """What is gained by answering only where a state lies with its task, at the last step."""
        about = {**tag.columns, "step": states.step, "split": self.split}
        confidence = None if states.confidence is None else states.confidence.astype(float)
        ranking = Ranking(about, states.right, confidence, self.draws, self.weights)
        yield from ranking.without_states()
        for position in self.settings.positions:
            members = self._members(trained, states, position, trained.labels["task"])
            yield from ranking.at_position(members, position, states.sites)

    def _shuffled(
        self, trained: HiddenStates, states: HiddenStates, position: str
    ) -> Iterator[dict[str, Any]]:
        """The same figures against centroids that mean nothing: a null distribution over shufflings."""
        _, first, back = np.unique(trained.labels["instruction"], return_index=True, return_inverse=True)
        rng = stream(self.seed, "shuffled", self.split, position)
        found = []
        for _ in range(self.settings.n_shuffles):
            tasks = rng.permutation(trained.labels["task"][first])[back]
            members = self._members(trained, states, position, tasks)
            found.append(membership_figures(members, self.weights[:1]))
        for metric in found[0]:
            null = np.concatenate([one[metric] for one in found], axis=1)
            values = np.concatenate([mean_of_known(null, np.ones((1, len(found)))), null], axis=1)
            yield from self._site_rows(
                states, position, metric, values, len(members.tasks), control="shuffled_labels"
            )

    def _members(
        self,
        trained: HiddenStates,
        states: HiddenStates,
        position: str,
        tasks: Int[np.ndarray, " example"],
    ) -> _TaskMembership:
        centroids = Centroids.of(trained.at(position), tasks, trained.labels["instruction"])
        own = centroids.index_of(states.labels["task"])
        distances = centroids.distances(states.at(position), states.labels["instruction"])
        return _TaskMembership(distances, own, states.right, centroids.tasks)

    def _confidence(self, states: HiddenStates, position: str, n_tasks: int) -> Iterator[dict[str, Any]]:
        """Beside the margin's at every site, although it is of none."""
        if states.confidence is None:
            return
        found = area_under_curve(states.confidence.astype(float), states.right, self.weights)
        values = np.broadcast_to(found, (len(states.sites), len(found)))
        yield from self._site_rows(states, position, "auroc", values, n_tasks, "confidence")

    def _errors(
        self, states: HiddenStates, position: str, members: _TaskMembership
    ) -> Iterator[dict[str, Any]]:
        found, by_chance = error_anatomy(
            members, self.answers[members.tasks], states.predicted, states.expected
        )
        counted = ~np.isnan(by_chance)
        if counted.any():
            weights = self.weights[:, counted]
            with np.errstate(invalid="ignore"):
                of_nearest = found[:, counted] @ weights.T / weights.sum(1)
                at_random = np.broadcast_to(by_chance[counted] @ weights.T / weights.sum(1), of_nearest.shape)
            of = np.broadcast_to(counted, (len(states.sites), len(counted)))
            for control, values in (("none", of_nearest), ("random_task", at_random)):
                yield from self._site_rows(
                    states, position, "error_of_nearest_task", values, len(members.tasks), control, of
                )

    def _site_rows(
        self,
        states: HiddenStates,
        position: str,
        metric: str,
        values: Float[np.ndarray, "site replicate"],
        n_tasks: int,
        control: str = "none",
        of: Bool[np.ndarray, "site example"] | None = None,
    ) -> Iterator[dict[str, Any]]:
        for i, (site, figures) in enumerate(zip(states.sites, values, strict=True)):
            row = self._row(states.step, "nearest_centroid", metric, figures, None if of is None else of[i])
            if not np.isnan(figures[0]) and row["ci_low"] is not None:
                place = {"position": position, "site": site, "layer": layer_of(site), "factor": "task"}
                yield row | place | {"control": control, "n_clusters": n_tasks}

    def _row(
        self,
        step: int,
        method: str,
        metric: str,
        figures: Float[np.ndarray, " replicate"],
        of: Bool[np.ndarray, " example"] | None = None,
    ) -> dict[str, Any]:
        """The first figure is the value, the others are its replicates, all `of` some examples."""
        low, high = (float(end) for end in interval(figures[1:]))
        if of is not None and metric != "relative_distance":  # all others of some examples are shares
            low, high = exact_ends(float(figures[0]), (low, high), int(self.draws.count_units(of)))
        return {
            "step": step,
            "split": self.split,
            "method": method,
            "metric": metric,
            "value": float(figures[0]),
            "ci_low": None if np.isnan(low) else low,
            "ci_high": None if np.isnan(high) else high,
            "n_examples": len(self.everyone) if of is None else int(of.sum()),
        }


@dataclass(frozen=True)
class _TaskMembership(Membership):
    """With the task of every centroid."""

    tasks: Int[np.ndarray, " task"]


def _answers_of_tasks(corpus: Corpus) -> Int[np.ndarray, "task input"]:
    """The first token that every task gives for every input, -1 where it does not have that input."""
    labels = corpus.labels()
    answers = np.full((labels["task"].max() + 1, labels["input"].max() + 1), NO_ANSWER)
    answers[labels["task"], labels["input"]] = corpus.first_answers(corpus.table)
    return answers
