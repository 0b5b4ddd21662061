"""What moving single tokens does, as a table: every figure with its interval and the instances behind it.

This module hides how the readings of interventions and the tables that they rest on become rows, and where
a bar stands that shows a share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nucleate.claims.evidence import Evidence, at_last_step
from nucleate.claims.single_tokens import READINGS, read_interventions
from nucleate.display_names import site_words, two_decimals

_SHOWN = {
    "flipped by its centroid": "excess",
    "flipped by its whole state": "whole_state",
    "no longer the original answer": "lost",
    "probability moved to the other task's inputs at the next token": "next",
    "flipped by it beyond the rest of the instruction": "added_to_instruction",
    "flipped by it beyond the rest of the prompt": "added_to_prompt",
}
"""Columns of the table in words, and what they are called in `read_interventions`."""
_LEAST = -0.1
"""Bars of shares begin here: a share below 0 is noise, and its interval says so."""


@dataclass(frozen=True)
class Share:
    """A share of answers beyond the strongest control, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def said(self) -> str:
        """As it is read."""
        return two_decimals(self.value).replace("-", "−")

    @property
    def interval(self) -> str:
        """As it is read."""
        return f"{two_decimals(self.low)} to {two_decimals(self.high)}".replace("-", "−")

    def places(self) -> dict[str, float]:
        """Where bar and interval stand on a line from 0 to 100."""
        ends = {"zero": 0.0, "value": self.value, "low": self.low, "high": self.high}
        cut = {name: min(1.0, max(_LEAST, at)) for name, at in ends.items()}
        return {name: round(100 * (at - _LEAST) / (1 - _LEAST), 2) for name, at in cut.items()}


@dataclass(frozen=True)
class Reading:
    """What was found of one token at one site.

    Attributes:
        step: at which the states were moved.
        position: of the token, as the tables spell it; `site` as they spell it; `where` in words.
        agreement: of clusters there, None where it was not scored.
        reading: a word; `means` is what it says.
        n: instances behind each share.
        shares: by their names in words; None where one was not measured.
    """

    step: int
    position: str
    site: str
    where: str
    agreement: float | None
    reading: str
    means: str
    n: int
    shares: Mapping[str, Share | None]


def readings_of(evidence: Evidence) -> tuple[Reading, ...]:
    """A row for every single token and site, at the last step; none where no interventions were made."""
    if evidence.effects is None:
        return ()
    table = read_interventions(evidence.scores, evidence.effects, evidence.view)
    last = at_last_step(evidence.effects)
    n, step = _instances(last), int(last["step"].iloc[0])
    rows = (row for _, row in table.iterrows())
    return tuple(_reading(row, step, n[str(row["position"]), str(row["site"])]) for row in rows)


def shown_shares(readings: tuple[Reading, ...]) -> list[str]:
    """The shares that were measured of any of them."""
    return [name for name in _SHOWN if any(one.shares[name] for one in readings)]


def _instances(last: pd.DataFrame) -> dict[tuple[str, str], int]:
    own = last[(last["intervention"] == "shift") & (last["control"] == "none") & (last["strength"] == 1.0)]
    own = own[own["metric"] == "becomes_b"]
    places = zip(own["position"].astype(str), own["site"].astype(str), strict=True)
    return dict(zip(places, own["n_examples"].astype(int), strict=True))


def _reading(row: pd.Series, step: int, n: int) -> Reading:
    return Reading(
        step=step,
        position=row["position"],
        site=row["site"],
        where=site_words(row["site"]),
        agreement=None if pd.isna(row["agreement"]) else float(row["agreement"]),
        reading=row["reading"],
        means=READINGS[row["reading"]],
        n=n,
        shares={words: _share(row, name) for words, name in _SHOWN.items()},
    )


def _share(row: pd.Series, name: str) -> Share | None:
    if pd.isna(row[name]):
        return None
    return Share(*(float(row[key]) for key in (name, f"{name}_low", f"{name}_high")))
