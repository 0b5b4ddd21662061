"""What a figure must be compared with before it says anything.

Hidden here: how each control comes to stand beside its figure, in a row with the same keys and `control`
filled in. `untrained` is the same figure before training. `bag_of_tokens` is the figure of the instructions'
token counts: what the surface of the text gives away without a model. `shuffled_labels`, what labels score
that know nothing, is taken where the figure is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.scores import RunTag, Score, Scores
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings


def untrained_control(scores: Scores) -> Scores:
    """The rows of step 0 again, as the control of every later step.

    Returns: for each row of a later step whose figure was also taken at step 0 of the same run, that
        figure with the later step and `control="untrained"`; for joining to `scores`.
    """
    figures = list(scores.where(control="none"))
    untrained = {_what(row): row for row in figures if row["step"] == 0}
    return Scores.from_rows(
        Score(**(untrained[_what(row)] | {"step": row["step"], "control": "untrained"}))
        for row in figures
        if row["step"] > 0 and _what(row) in untrained
    )


def bag_of_tokens_control(
    scores: Scores, states: HiddenStates, settings: ScoringSettings, *, seed: int
) -> Scores:
    """The figures of the instructions' token counts, beside every site and step.

    Counts are scored as the states of a model with one site would be, by the same methods and preparations.

    Args:
        scores: rows of the same examples, at any number of steps.
        states: of any one step; their vectors are not looked at.
        settings: what was scored.
        seed: the run's.

    Returns: for each row that token counts have a figure for, that figure with `control="bag_of_tokens"`;
        nothing where the states came without counts.
    """
    if states.instruction_counts is None:
        return Scores.from_rows([])
    counts = states.instruction_counts.astype(np.float32)[:, None, None]
    shape = (len(counts), 1, len(states.positions), counts.shape[-1])
    bags = replace(states, states=np.broadcast_to(counts, shape), sites=("embed",))
    own = score_states(bags, settings, RunTag("", "", seed), milestone=True).where(control="none")
    figures = {_at(row): row for row in own if row["site"] and row["method"] != "states"}
    return Scores.from_rows(
        Score(**(row | {"control": "bag_of_tokens"} | {name: figures[_at(row)][name] for name in _MEASURED}))
        for row in scores.where(control="none")
        if _at(row) in figures
    )


_MEASURED = ("n_clusters", "value", "ci_low", "ci_high")


def _at(row: Mapping[str, Any]) -> tuple[Any, ...]:
    columns = ("split", "position", "factor", "preparation", "method", "metric")
    return tuple(row[column] for column in columns)


def _what(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a row is a figure of, whatever the step."""
    of_the_step = {"step", "control", "n_clusters", "n_examples", "value", "ci_low", "ci_high"}
    return tuple(value for column, value in row.items() if column not in of_the_step)
