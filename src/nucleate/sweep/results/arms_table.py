"""The points of a sweep over control arms as one table: what each arm's highest layer did over training.

This module hides how a sweep is recognized as one of arms, and that inputs are `shared` where tasks have no
more of them together than each has by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from nucleate.arms import COLUMNS
from nucleate.corpus.settings import CorpusSettings
from nucleate.scores import SCHEMA, Scores
from nucleate.scoring.excess import excess
from nucleate.sweep.grid import Point

ARM_KEYS = ("training.objective", "corpus.input_vocabulary", "corpus.memorize")
"""The settings that make an arm."""


def is_of_arms(points: Sequence[Point]) -> bool:
    """Whether the axes of a sweep are those of arms and no others."""
    return bool(points) and set(points[0].axes) == set(ARM_KEYS)


def arms_table(points: Sequence[Point], scores: pa.Table) -> pd.DataFrame:
    """One row for every arm, seed and step, arms in the order of the sweep.

    Args:
        points: of a sweep of arms.
        scores: of them all.

    Returns: the columns `nucleate.arms.COLUMNS`; empty where nothing was scored where claims are judged.
    """
    plain = Scores(scores.select(SCHEMA.names).cast(SCHEMA))
    view = points[0].settings.claims.view.measured(plain).as_scored(plain)
    if view is None:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = excess(view.rows(plain)).dropna(subset=["layer"])
    rows = rows[rows["layer"] == rows.groupby("run")["layer"].transform("max")]
    answered = plain.where(metric="accuracy", method="model", split=view.split, control="none").to_pandas()
    accuracy = answered[["run", "step", "value"]].rename(columns={"value": "accuracy"})
    named = pd.DataFrame([{"run": point.name, **_arm_of(point)} for point in points])
    found = named.merge(rows, on="run").merge(accuracy, on=["run", "step"], how="left")
    return found[list(COLUMNS)]


def _arm_of(point: Point) -> dict[str, Any]:
    corpus = point.settings.corpus
    assert isinstance(corpus, CorpusSettings), "arms are of grammars"
    is_shared = corpus.input_vocabulary <= corpus.n_inputs
    return {
        "objective": point.settings.training.objective,
        "inputs": "shared" if is_shared else "own",
        "memorize": corpus.memorize,
    }
