"""From hidden states to rows of Scores.

Hidden here: how many clusters are asked for, and where every random number comes from. One rule holds
throughout: what is drawn depends on the seed and on names, never on the step, so two checkpoints are
scored from the same starts, and what differs between them is the model.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pydantic
from jaxtyping import Int

from nucleate.clustering.agreement import adjusted_rand_index, adjusted_rand_interval, mean_interval
from nucleate.clustering.kmeans import kmeans
from nucleate.config import Settings
from nucleate.errors import LabelsError
from nucleate.hidden_states import HiddenStates, layer_of
from nucleate.scores import Score, Scores


class ScoringSettings(Settings):
    """What is clustered, against what it is scored, and how often it is drawn again."""

    positions: tuple[str, ...] = ("last_instruction", "input", "instruction_mean")
    factors: tuple[str, ...] = ("task",)
    splits: tuple[str, ...] = ("train", "validation")
    n_tasks: int = pydantic.Field(20, ge=2, description="tasks analysed, the same in every split")
    n_examples: int = pydantic.Field(1000, ge=2, description="examples analysed per split, at most")
    instances_per_instruction: int = pydantic.Field(
        1, ge=1, description="more than one repeats the same state at `last_instruction`, and lifts agreement"
    )
    n_init: int = pydantic.Field(10, ge=1, description="k-means starts")
    n_resamples: int = pydantic.Field(200, ge=1, description="bootstrap replicates behind an interval")


def score_states(
    states: HiddenStates, settings: ScoringSettings, *, run: str, model: str, seed: int
) -> Scores:
    """Agreement of k-means clusters with every factor, per split, position and site.

    There is one cluster per distinct label. A factor that has a single label in a split, or no label
    twice, has no partition to agree with and gets no row. The examples of one instruction string are
    resampled together.

    Args:
        states: of one model at one step, of the examples that are to be analysed.
        settings: what to score.
        run: goes into every row.
        model: goes into every row.
        seed: the run's; rows are a pure function of it, of `states` and of `settings`.

    Raises:
        LabelsError: `states` lack a position or a factor of the settings.
    """
    _check(states, settings)
    figures: list[dict[str, Any]] = []
    for split in np.unique(states.split):
        part = states.of_split(split)
        figures.append(_accuracy(part, settings, seed))
        for position in settings.positions:
            for factor in settings.factors:
                figures += _score(part, position, factor, settings, seed)
    return Scores.from_rows(Score(run=run, model=model, seed=seed, **figure) for figure in figures)


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


def _accuracy(states: HiddenStates, settings: ScoringSettings, seed: int) -> dict[str, Any]:
    """Task accuracy of one split, its interval over resampled instructions."""
    split, right = str(states.split[0]), states.predicted == states.expected
    low, high = mean_interval(
        right.astype(float),
        _units(states),
        n_resamples=settings.n_resamples,
        seed=_seed(seed, split, "accuracy"),
    )
    return {
        "step": states.step,
        "split": split,
        "method": "model",
        "metric": "accuracy",
        "n_examples": len(right),
        "value": float(right.mean()),
        "ci_low": _null_if_nan(low),
        "ci_high": _null_if_nan(high),
    }


def _units(states: HiddenStates) -> Int[np.ndarray, " example"]:
    """What is resampled together: the instances of one instruction."""
    return np.asarray(states.labels.get("instruction", np.arange(len(states.split))))


def _score(
    states: HiddenStates, position: str, factor: str, settings: ScoringSettings, seed: int
) -> Iterator[dict[str, Any]]:
    """For each site of one split, what `Score` wants to know beside the run."""
    split, labels = str(states.split[0]), states.labels[factor]
    n_clusters = len(np.unique(labels))
    if not 1 < n_clusters < len(labels):
        return
    own_seed = _seed(seed, split, position, factor)
    clusters = kmeans(states.at(position), n_clusters, n_init=settings.n_init, seed=own_seed)
    units = _units(states)
    for index, site in enumerate(states.sites):
        low, high = adjusted_rand_interval(
            labels,
            clusters.labels[index],
            clusters.inertia[index],
            units,
            n_resamples=settings.n_resamples,
            seed=own_seed,
        )
        yield {
            "step": states.step,
            "split": split,
            "position": position,
            "factor": factor,
            "site": site,
            "layer": layer_of(site),
            "method": "kmeans",
            "metric": "ari",
            "n_clusters": n_clusters,
            "n_examples": len(labels),
            "value": adjusted_rand_index(labels, clusters.best_labels[index]),
            "ci_low": _null_if_nan(low),
            "ci_high": _null_if_nan(high),
        }


def _null_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else value


def _what(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a row is a figure of, whatever the step."""
    of_the_step = {"step", "control", "n_clusters", "n_examples", "value", "ci_low", "ci_high"}
    return tuple(value for column, value in row.items() if column not in of_the_step)


def _seed(seed: int, *names: str) -> int:
    """A seed of its own for every purpose, the same on every machine."""
    return int.from_bytes(hashlib.sha256("/".join((str(seed), *names)).encode()).digest()[:8])


def _check(states: HiddenStates, settings: ScoringSettings) -> None:
    for what, asked, there in (
        ("position", settings.positions, states.positions),
        ("factor", settings.factors, tuple(states.labels)),
    ):
        missing = [name for name in asked if name not in there]
        if missing:
            raise LabelsError(
                f"the hidden states have no {what} {missing[0]!r}",
                f"Set scoring.{what}s to some of: {', '.join(there)}",
            )
