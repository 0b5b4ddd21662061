"""Projections: hidden states as points in the plane, for looking at, never for scoring.

A folder of three tables. `examples` has one row per point, with its text, its labels and what the model
answered at every step; `frames` has one row per embedding, step, position and site, with the points'
coordinates and their k-means clusters in the order of `examples`, or of the first of them; `neighbors` has,
for the first points, what lies near them in the full space. This module hides the schema of the three, that
they fit each other, and that older runs have no neighbors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from nucleate.errors import ScoresError
from nucleate.foreign_files import read_parquet
from nucleate.lazy import lazy

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazy("pandas")
pc = lazy("pyarrow.compute")
pq = lazy("pyarrow.parquet")

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
NEIGHBORS_SCHEMA = pa.schema(
    [
        ("step", pa.int64()),
        ("position", pa.string()),
        ("factor", pa.string()),
        ("site", pa.string()),
        ("nearest", pa.list_(pa.int32())),
        ("to_own", pa.list_(pa.float32())),
        ("to_other", pa.list_(pa.float32())),
    ]
)
"""`nearest` holds `N_NEAREST` numbers of points for each point, one after the other, the nearest first."""
EXAMPLES_SCHEMA = pa.schema([("split", pa.string()), ("predicted", pa.list_(pa.string()))])
"""The columns that every table of examples has; all others are texts and labels."""


@dataclass(frozen=True)
class Projections:
    """Points of some examples at every step.

    Attributes:
        examples: one row per point. Any number of them from the first on is a balanced sample.
            `predicted` holds an answer per step, steps ascending.
        frames: one row per picture; each list has one entry per row of `examples`, or of its beginning.
        neighbors: one row per step and site; empty where none were looked for.
    """

    examples: pa.Table
    frames: pa.Table
    neighbors: pa.Table = field(default_factory=NEIGHBORS_SCHEMA.empty_table)

    def __post_init__(self) -> None:
        if not self.frames.schema.equals(FRAMES_SCHEMA):
            raise ScoresError("not a table of projections: its columns differ", _MEND)
        missing = [name for name in EXAMPLES_SCHEMA.names if name not in self.examples.column_names]
        if missing:
            raise ScoresError(f"examples of projections lack {', '.join(missing)}", _MEND)

    @property
    def steps(self) -> list[int]:
        return sorted(self.frames["step"].unique().to_pylist())

    def to_pandas(self, **where: Any) -> pd.DataFrame:
        """A row per point of each picture: its place, its cluster, and what is known of its example.

        Args:
            where: of which pictures: `embedding`, `step`, `position`, `site`; all where none is named.

        Raises:
            ScoresError: there is no such picture.
        """
        wanted = pa.array([True] * self.frames.num_rows)
        for name, value in where.items():
            wanted = pc.and_(wanted, pc.equal(self.frames[name], value))
        pictures = self.frames.filter(wanted).to_pylist()
        if not pictures:
            names = ", ".join(f"{name}={value}" for name, value in where.items())
            raise ScoresError(f"there is no picture of {names}", "See the columns of Run.projections.")
        examples = self.examples.to_pandas()
        return pd.concat([self._points(examples, one) for one in pictures], ignore_index=True)

    def _points(self, examples: pd.DataFrame, picture: dict[str, Any]) -> pd.DataFrame:
        own = examples.iloc[: len(picture["x"])]
        at = self.steps.index(picture["step"])
        answers = [given[at] if given is not None and at < len(given) else "" for given in own["predicted"]]
        place = {name: picture[name] for name in ("embedding", "step", "position", "site")}
        points = {name: picture[name] for name in ("x", "y", "cluster")}
        told = {name: own[name].to_numpy() for name in own.columns if name != "predicted"}
        return pd.DataFrame({**place, "point": range(len(own)), **points, **told, "predicted": answers})

    @classmethod
    def read(cls, folder: Path) -> Projections:
        beside = folder / "neighbors.parquet"
        return cls(
            read_parquet(folder / "examples.parquet"),
            read_parquet(folder / "frames.parquet").cast(FRAMES_SCHEMA),
            read_parquet(beside).cast(NEIGHBORS_SCHEMA)
            if beside.is_file()
            else NEIGHBORS_SCHEMA.empty_table(),
        )

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.examples, folder / "examples.parquet", compression="zstd")
        pq.write_table(self.frames, folder / "frames.parquet", compression="zstd")
        pq.write_table(self.neighbors, folder / "neighbors.parquet", compression="zstd")


_MEND = "Write the projections again with: nucleate score DIR"
