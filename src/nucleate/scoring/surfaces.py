"""What the text of an instruction gives away without a model: its tokens scored as states would be.

`bag_of_tokens` counts tokens; `ngrams` is tf-idf of up to three in a row. This module hides that every
position before the input sees the same instructions, so that their text is scored once for all of these,
and once for all others; and how a figure of the text comes to stand beside every site and step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.lazy import Float, lazy
from nucleate.scores import RunTag, Score, Scores
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings

text_features = lazy("sklearn.feature_extraction.text")

LONGEST_NGRAM, MOST_NGRAMS = 3, 4096
"""Tokens in a row, and how many of these runs are counted: the commonest."""
_MEASURED = ("n_clusters", "value", "ci_low", "ci_high")


@dataclass(frozen=True)
class SurfaceFigures:
    """The figures of one vector per instruction.

    Attributes:
        control: what they are called.
        stand_ins: for each position, the one whose figures are also its own.
        rows: by split, position, factor, preparation, method and metric.
    """

    control: str
    stand_ins: Mapping[str, str]
    rows: Mapping[tuple[Any, ...], Mapping[str, Any]]

    def beside(self, scores: Scores) -> Scores:
        """For each row that the text has a figure for, that figure under the name of the control."""
        places = ((row, self._place_of(row)) for row in scores.where(control="none"))
        return Scores.from_rows(
            Score(**(row | {"control": self.control} | {name: self.rows[at][name] for name in _MEASURED}))
            for row, at in places
            if at in self.rows
        )

    def _place_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return _place(row, self.stand_ins.get(row["position"], row["position"]))


def bag_of_tokens_figures(states: HiddenStates, settings: ScoringSettings, *, seed: int) -> SurfaceFigures:
    """The figures of the instructions' token counts; none where the states came without counts.

    Counts are scored as the states of a model with one site would be, by the same methods and preparations.

    Args:
        states: of any one step; their vectors are not looked at.
        settings: what is scored.
        seed: the run's.
    """
    if states.instruction_counts is None:
        return SurfaceFigures("bag_of_tokens", {}, {})
    counts = states.instruction_counts.astype(np.float32)
    return _figures_of("bag_of_tokens", counts, states, settings, seed)


def ngrams_figures(
    states: HiddenStates, instructions: Sequence[Sequence[int]], settings: ScoringSettings, *, seed: int
) -> SurfaceFigures:
    """The figures of tf-idf of the instructions' uni- to trigrams, as those of `bag_of_tokens_figures`.

    Args:
        states: as there.
        instructions: the tokens of each example's instruction, in order.
        settings: as there.
        seed: as there.
    """
    return _figures_of("ngrams", tfidf_of_ngrams(instructions), states, settings, seed)


def tfidf_of_ngrams(instructions: Sequence[Sequence[int]]) -> Float[np.ndarray, "example d"]:
    """Tf-idf of one to three tokens in a row, of length 1, in as few coordinates as leave distances alone."""
    vectorizer = text_features.TfidfVectorizer(
        analyzer="word",
        tokenizer=lambda tokens: list(map(str, tokens)),
        token_pattern=None,
        preprocessor=lambda tokens: tokens,
        ngram_range=(1, LONGEST_NGRAM),
        max_features=MOST_NGRAMS,
    )
    _, first, of_text = np.unique(list(map(str, instructions)), return_index=True, return_inverse=True)
    weights = vectorizer.fit_transform(instructions)[first]
    if weights.shape[1] <= weights.shape[0]:
        return np.asarray(weights.toarray().astype(np.float32))[of_text]
    # Fewer texts than coordinates: they span a space of their own, in which distances are the same.
    sizes, directions = np.linalg.eigh((weights @ weights.T).toarray())
    return np.asarray((directions * np.sqrt(np.maximum(sizes, 0.0))).astype(np.float32))[of_text]


def _figures_of(
    control: str,
    vectors: Float[np.ndarray, "example d"],
    states: HiddenStates,
    settings: ScoringSettings,
    seed: int,
) -> SurfaceFigures:
    """Scored at one position before the input and at one behind it, where there are such."""
    kinds = {position: position in states.before_input for position in settings.positions}
    first = {kind: position for position, kind in reversed(kinds.items())}
    positions = tuple(first.values())
    shape = (len(vectors), 1, len(positions), vectors.shape[-1])
    texts = replace(
        states,
        states=np.broadcast_to(vectors[:, None, None], shape),
        sites=("embed",),
        positions=positions,
    )
    asked = settings.model_copy(update={"positions": positions})
    tag = RunTag("", "", seed)
    own = score_states(texts, asked, tag, milestone=True, with_controls=False)
    rows = {_place(row, row["position"]): row for row in own if row["site"] and row["method"] != "states"}
    return SurfaceFigures(control, {position: first[kind] for position, kind in kinds.items()}, rows)


def _place(row: Mapping[str, Any], position: str) -> tuple[Any, ...]:
    columns = ("split", "factor", "preparation", "method", "metric")
    return (position, *(row[column] for column in columns))
