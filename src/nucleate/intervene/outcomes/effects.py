"""Effects: what every intervention did, one row per number, as in Scores.

It is a table of its own, since what was done to a state (`intervention`, `strength`) is no column of
Scores. `control` means the same in both: `none` for the intervention itself, else what it is held against.
What its words stand for lies here too, so that who reads the table needs no model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from nucleate.errors import ScoresError
from nucleate.foreign_files import read_parquet
from nucleate.lazy import lazy

if TYPE_CHECKING:
    import pandas as pd

pandas = lazy("pandas")
parquet = lazy("pyarrow.parquet")

SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("model", pa.string()),
        ("seed", pa.int64()),
        ("step", pa.int64()),
        ("split", pa.string()),
        ("position", pa.string()),
        ("site", pa.string()),
        ("layer", pa.int64()),
        ("intervention", pa.string()),
        ("control", pa.string()),
        ("strength", pa.float64()),
        ("metric", pa.string()),
        ("n_examples", pa.int64()),
        ("value", pa.float64()),
        ("ci_low", pa.float64()),
        ("ci_high", pa.float64()),
    ]
)

_ALWAYS = (("identity", "identity"), ("interchange", "within_task"))
CONTROLS = {
    "shift": (*_ALWAYS, ("shift", "random_direction"), ("shift", "other_tasks")),
    "replace": (*_ALWAYS, ("replace", "other_task")),
    "interchange": _ALWAYS,
}
"""What an edit that should turn answers is held against, as (intervention, control)."""

COMPANY = {
    ("last_instruction", "added_to_instruction"): ("all_instruction", "instruction_but_last"),
    ("last_instruction", "added_to_prompt"): ("all_prompt", "prompt_but_last"),
    ("input", "added_to_prompt"): ("all_prompt", "all_instruction"),
}
"""What a single token adds to others: the tokens with it, and those without it. Where others hold the same,
only the two together show that it is read."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One number about one intervention at one site and position; `ci_low`, `ci_high` as in `Score`."""

    run: str
    model: str
    seed: int
    step: int
    split: str
    position: str
    site: str
    layer: int | None
    intervention: str
    control: str
    strength: float
    metric: str
    n_examples: int
    value: float
    ci_low: float | None
    ci_high: float | None


def write_effects(effects: Iterable[Effect], path: Path) -> None:
    """Write `interventions.parquet`."""
    table = pa.Table.from_pylist([asdict(effect) for effect in effects], schema=SCHEMA)
    parquet.write_table(table, path, compression="zstd")


def read_effects(path: Path) -> pd.DataFrame:
    """Read `interventions.parquet` as pandas, `layer` as nullable Int64.

    Raises:
        ScoresError: the file is not such a table.
    """
    try:
        table = read_parquet(path).cast(SCHEMA)
    except (OSError, ValueError) as error:
        raise ScoresError(
            f"{path} is not a table of interventions: {error}",
            "Make it again with: nucleate intervene DIR",
        ) from None
    return to_pandas(table)


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """The frame that figures and verdicts are drawn from."""
    frame: pd.DataFrame = table.to_pandas()
    frame["layer"] = table["layer"].to_pandas(types_mapper={pa.int64(): pandas.Int64Dtype()}.get)
    return frame
