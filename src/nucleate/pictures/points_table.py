"""Projections: hidden states as points in the plane, for looking at, never for scoring.

A folder of two tables. `examples` has one row per point, with its text, its labels and what the model
answered at every step; `frames` has one row per embedding, step, position and site, with the points'
coordinates and their k-means clusters in the order of `examples`. Hidden here: the schema of the two
and that they fit each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nucleate.errors import ScoresError

FRAMES_SCHEMA = pa.schema(
    [
        ("embedding", pa.string()),
        ("step", pa.int64()),
        ("position", pa.string()),
        ("site", pa.string()),
        ("x", pa.list_(pa.float32())),
        ("y", pa.list_(pa.float32())),
        ("cluster", pa.list_(pa.int32())),
    ]
)
EXAMPLES_SCHEMA = pa.schema([("split", pa.string()), ("predicted", pa.list_(pa.string()))])
"""The columns that every table of examples has; all others are texts and labels."""


@dataclass(frozen=True)
class Projections:
    """Points of some examples at every step.

    Attributes:
        examples: one row per point. Any number of them from the first on is a balanced sample.
            `predicted` holds an answer per step, steps ascending.
        frames: one row per picture; each list has one entry per row of `examples`.
    """

    examples: pa.Table
    frames: pa.Table

    def __post_init__(self) -> None:
        if not self.frames.schema.equals(FRAMES_SCHEMA):
            raise ScoresError("not a table of projections: its columns differ", _MEND)
        missing = [name for name in EXAMPLES_SCHEMA.names if name not in self.examples.column_names]
        if missing:
            raise ScoresError(f"examples of projections lack {', '.join(missing)}", _MEND)

    @property
    def steps(self) -> list[int]:
        return sorted(self.frames["step"].unique().to_pylist())

    @classmethod
    def read(cls, folder: Path) -> Projections:
        return cls(
            pq.read_table(folder / "examples.parquet"),
            pq.read_table(folder / "frames.parquet").cast(FRAMES_SCHEMA),
        )

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.examples, folder / "examples.parquet", compression="zstd")
        pq.write_table(self.frames, folder / "frames.parquet", compression="zstd")


_MEND = "Write the projections again with: nucleate score DIR"
