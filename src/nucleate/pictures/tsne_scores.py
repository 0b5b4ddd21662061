"""Clusters of t-SNE pictures as rows of Scores, each with its gain or loss against the states themselves.

This module hides which examples a picture is of. `tsne` is a picture of the training split, into which
other splits are placed; `tsne_joint` is one of a split together with training, as is often done, though it
leaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.lazy import Float
from nucleate.pictures.tsne import Embedding, embed
from nucleate.resampling.named_seeds import seed_of
from nucleate.scores import RunTag, Score, Scores
from nucleate.scoring.examples import Sample, samples_at
from nucleate.scoring.rows.label_figures import FigureRow
from nucleate.scoring.score_states import TRAIN, score_sample
from nucleate.scoring.settings import ScoringSettings

_Key = tuple[str, ...]


@dataclass
class EmbeddedScorer:
    """Scores pictures of one run, step after step; it keeps the last ones, from which the next begin.

    Attributes:
        settings: what to score; of its methods and figures, k-means and agreement alone.
        tag: whose rows they are.
    """

    settings: ScoringSettings
    tag: RunTag
    _before: dict[_Key, Float[np.ndarray, "example 2"]] = field(default_factory=dict)

    def score(self, states: HiddenStates, scores: Scores) -> Scores:
        """The rows of one step; `scores` holds that step's rows on raw states, for the gains."""
        rows = [row for position in self.settings.tsne_positions for row in self._rows(states, position)]
        raw = {
            _place_of(row): row["value"]
            for row in scores.where(step=states.step, method="kmeans", metric="ari", preparation="raw")
            if row["control"] == "none"
        }
        gains = [
            {
                **row,
                "metric": "ari_gain",
                "value": row["value"] - raw[_place_of(row)],
                "ci_low": None,
                "ci_high": None,
            }
            for row in rows
            if row["control"] == "none" and row["metric"] == "ari" and _place_of(row) in raw
        ]
        made: FigureRow = {"step": states.step, **self.tag.columns}
        return Scores.from_rows(Score(**made, **row) for row in (*rows, *gains))

    def _rows(self, states: HiddenStates, position: str) -> Iterator[FigureRow]:
        others = [str(split) for split in np.unique(states.split) if split != TRAIN]
        for train in samples_at(states.of_split(TRAIN), position, self.settings.factors):
            fitted = [
                self._embed(points, position, train.name, site)
                for site, points in zip(states.sites, train.points, strict=True)
            ]
            yield from self._score(
                train, np.stack([each.picture for each in fitted]), TRAIN, position, states
            )
            for split in others:
                for sample in samples_at(states.of_split(split), position, self.settings.factors):
                    if sample.name == train.name:
                        yield from self._rows_of_other(sample, train, fitted, split, position, states)

    def _rows_of_other(
        self,
        sample: Sample,
        train: Sample,
        fitted: list[Embedding],
        split: str,
        position: str,
        states: HiddenStates,
    ) -> Iterator[FigureRow]:
        placed = [each.place(points) for each, points in zip(fitted, sample.points, strict=True)]
        yield from self._score(sample, np.stack(placed), split, position, states)
        both = np.concatenate([train.points, sample.points], axis=1)
        joint = [
            self._embed(points, position, sample.name, site, split).picture[len(train.rows) :]
            for site, points in zip(states.sites, both, strict=True)
        ]
        yield from self._score(sample, np.stack(joint), split, position, states, "tsne_joint")

    def _embed(self, points: Float[np.ndarray, "example d"], *key: str) -> Embedding:
        found = embed(points, self._before.get(key), seed=seed_of(self.tag.seed, "tsne", *key))
        self._before[key] = found.picture
        return found

    def _score(
        self,
        sample: Sample,
        pictures: Float[np.ndarray, "site example 2"],
        split: str,
        position: str,
        states: HiddenStates,
        preparation: str = "tsne",
    ) -> Iterator[FigureRow]:
        settings = self.settings.model_copy(update={"methods": ("kmeans",), "metrics": ("ari",)})
        embedded = replace(sample, points=pictures)
        return score_sample(embedded, (split, position, preparation), states.sites, settings, self.tag.seed)


def _place_of(row: FigureRow) -> _Key:
    return tuple(str(row[column]) for column in ("split", "position", "factor", "site"))
