"""Control arms: the same training with the loss, the inputs or the tasks changed, and what became of each.

An arm says what a headline rests on: agreement that falls with an arm was made by what the arm took away.
This module hides what an arm is called, and whether its interval is one of examples or one between seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nucleate.display_names import METRICS, POSITIONS, say, two_decimals
from nucleate.metrics.ranges import within_range
from nucleate.resampling.intervals import between_seeds

ARM = ("objective", "inputs", "memorize")
"""The columns of the table that say which arm a row is of."""
COLUMNS = (
    *ARM, "seed", "step", "layer", "position", "factor", "split", "metric", "n_examples",
    "value", "ci_low", "ci_high", "control", "control_high", "accuracy",
)  # fmt: skip
"""A row for every arm, seed and step: agreement of the highest layer, its strongest control, accuracy."""
OBJECTIVES = {
    "sequence": "loss on the sequence",
    "answer": "loss on answers",
    "input_answer": "loss on inputs and answers",
    "instruction_answer": "loss on instructions and answers",
}
"""What an objective is called."""


@dataclass(frozen=True)
class ArmAtEnd:
    """What became of one arm at its last step.

    Attributes:
        objective, inputs, memorize: which arm.
        agreement: of the highest layer, the mean over seeds.
        low, high: its 95 % interval, between seeds where there are several, else over examples; or NaN.
        control_high: the level of the strongest control, the mean over seeds; `control` its name.
        highest_control: the highest that the level is with any seed.
        accuracy: of answers, the mean over seeds.
        n_seeds: how many.
    """

    objective: str
    inputs: str
    memorize: bool
    agreement: float
    low: float
    high: float
    control: str
    control_high: float
    highest_control: float
    accuracy: float
    n_seeds: int

    @property
    def words(self) -> str:
        return arm_words(self.objective, self.inputs, self.memorize)

    @property
    def is_beyond(self) -> bool:
        """Whether the whole interval lies above the controls."""
        return bool(self.low > self.control_high)

    @property
    def said(self) -> str:
        """Its agreement with the interval."""
        ends = "" if np.isnan(self.low) else f" [{signed(self.low)}, {signed(self.high)}]"
        return f"{signed(self.agreement)}{ends}"


def arm_words(objective: str, inputs: str, memorize: bool) -> str:
    """An arm as a reader would say it."""
    if memorize:
        return f"tasks at random, {OBJECTIVES[objective]}"
    return f"{OBJECTIVES[objective]}, {inputs} inputs"


def signed(value: float) -> str:
    """Two digits, with a minus that is one, and none before nothing."""
    return two_decimals(value).replace("-", "−")


def arms_in(table: pd.DataFrame) -> list[tuple[str, str, bool]]:
    """The arms of a table, in their order."""
    return list(table[list(ARM)].drop_duplicates().itertuples(index=False, name=None))


def rows_of(table: pd.DataFrame, arm: tuple[str, str, bool]) -> pd.DataFrame:
    """The rows of one arm, by seed and step."""
    own = table[(table[list(ARM)] == list(arm)).all(axis=1)]
    return own.sort_values(["seed", "step"], kind="stable")


def at_the_end(table: pd.DataFrame) -> list[ArmAtEnd]:
    """What became of each arm, in the order of the table."""
    return [_at_end(arm, rows_of(table, arm)) for arm in arms_in(table)]


def _at_end(arm: tuple[str, str, bool], rows: pd.DataFrame) -> ArmAtEnd:
    last = rows.groupby("seed").tail(1)
    mean, *ends = between_seeds(last["value"].to_numpy(float))
    if len(last) == 1:
        ends = [float(last[end].iloc[0]) for end in ("ci_low", "ci_high")]
    low, high = within_range(str(last["metric"].iloc[0]), (ends[0], ends[1]))
    named = last.sort_values("control_high")["control"].dropna()
    control = str(named.iloc[-1]) if len(named) else ""
    level, highest = float(last["control_high"].mean()), float(last["control_high"].max())
    accuracy = float(last["accuracy"].mean())
    return ArmAtEnd(*arm, mean, low, high, control, level, highest, accuracy, len(last))


def sentence(table: pd.DataFrame) -> str:
    """What the arms show together, computed from their last step: which have clusters of tasks."""
    ends = at_the_end(table)
    first, n = table.iloc[0], min(one.n_seeds for one in ends)
    where = f"the highest layer at the {say(POSITIONS, first['position'])}"
    seeds = "one seed: reported, not claimed" if n == 1 else f"mean and 95 % interval between {n} seeds"
    about = f"{say(METRICS, first['metric'])}, last step; {seeds}"
    kept = [f"{one.words} ({one.said})" for one in ends if one.is_beyond]
    lost = [f"{one.words} ({one.said})" for one in ends if not one.is_beyond]
    said = f"Agreement of {where} with the {first['factor']} ({about}) is "
    if not kept:
        return f"{said}clearly above its controls in no arm: {'; '.join(lost)}."
    rest = f"; not for {'; '.join(lost)}" if lost else ""
    return f"{said}clearly above its controls for {'; '.join(kept)}{rest}. {_strongest(ends)}"


def _strongest(ends: Sequence[ArmAtEnd]) -> str:
    """Without a name: the upper ends of all controls make the level, and not the highest value's alone.

    Of all seeds, and rounded up: a mean, or less, some control exceeds.
    """
    most = np.nanmax([one.highest_control for one in ends])
    return f"No control of any arm exceeds {signed(np.ceil(100 * most - 1e-9) / 100)}."
