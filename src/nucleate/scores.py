"""Scores, the product: one tidy table with one row per number.

Everything that a person sees is drawn from this table. What is hidden here: its Arrow schema, and how
rows are checked, kept and found again. Figures, claims and the report ask with `where` and get pandas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from nucleate.errors import ScoresError
from nucleate.foreign_files import read_parquet

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("model", pa.string()),
        ("seed", pa.int64()),
        ("step", pa.int64()),
        ("split", pa.string()),
        ("position", pa.string()),
        ("factor", pa.string()),
        ("site", pa.string()),
        ("layer", pa.int64()),
        ("preparation", pa.string()),
        ("method", pa.string()),
        ("metric", pa.string()),
        ("control", pa.string()),
        ("n_clusters", pa.int64()),
        ("n_examples", pa.int64()),
        ("value", pa.float64()),
        ("ci_low", pa.float64()),
        ("ci_high", pa.float64()),
    ]
)


@dataclass(frozen=True)
class RunTag:
    """Whose rows they are: the first columns of every table of a run.

    Attributes:
        run: the name of its folder.
        model: by its name.
        seed: of the run; samples, starts and intervals are drawn from it too.
    """

    run: str
    model: str
    seed: int

    @property
    def columns(self) -> dict[str, Any]:
        return {"run": self.run, "model": self.model, "seed": self.seed}


@dataclass(frozen=True, kw_only=True)
class Score:
    """One number, what it is of, and how sure it is.

    `ci_low` and `ci_high` are a 95 % interval, None where there is none. `control` is `none` for a
    figure of the model itself. A row about no site (task accuracy) leaves `site` empty.
    """

    run: str
    model: str
    seed: int
    step: int
    split: str
    metric: str
    value: float
    n_examples: int
    method: str
    position: str = ""
    factor: str = ""
    site: str = ""
    layer: int | None = None
    preparation: str = "raw"
    control: str = "none"
    n_clusters: int = 0
    ci_low: float | None = None
    ci_high: float | None = None


class Scores:
    """An immutable table of `Score` rows.

    Joining, filtering and writing never change a value; `to_pandas` is the way out.
    """

    def __init__(self, table: pa.Table) -> None:
        if not table.schema.equals(SCHEMA):
            missing = [name for name in SCHEMA.names if name not in table.schema.names]
            difference = f"missing {', '.join(missing)}" if missing else "column types differ"
            raise ScoresError(
                f"not a Scores table: {difference}",
                "Write the table again with: nucleate score DIR",
            )
        self.table = table

    @classmethod
    def from_rows(cls, rows: Iterable[Score]) -> Scores:
        return cls(pa.Table.from_pylist([vars(row) for row in rows], schema=SCHEMA))

    @classmethod
    def concatenate(cls, parts: Iterable[Scores]) -> Scores:
        return cls(pa.concat_tables([part.table for part in parts] or [SCHEMA.empty_table()]))

    @classmethod
    def read(cls, path: Path) -> Scores:
        return cls(read_parquet(path).cast(SCHEMA))

    def write(self, path: Path) -> None:
        pq.write_table(self.table, path, compression="zstd")

    def where(self, **equals: Any) -> Scores:
        """The rows in which every named column has the given value, or one of the given list.

        Raises:
            ScoresError: a column is not in the table.
        """
        keep: Any = None
        for column, wanted in equals.items():
            if column not in SCHEMA.names:
                raise ScoresError(f"Scores have no column {column!r}", f"Columns: {', '.join(SCHEMA.names)}")
            values = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
            field = pa.compute.field(column)
            term = field.isin(pa.array(list(values), SCHEMA.field(column).type))
            keep = term if keep is None else keep & term
        return self if keep is None else Scores(self.table.filter(keep))

    def values(self, column: str) -> list[Any]:
        """The distinct values of a column, sorted, nulls left out."""
        return sorted(value for value in self.table[column].unique().to_pylist() if value is not None)

    def to_pandas(self) -> pd.DataFrame:
        """A copy as pandas, `layer` as nullable Int64."""
        frame: pd.DataFrame = self.table.to_pandas()
        frame["layer"] = frame["layer"].astype("Int64")
        return frame

    def __len__(self) -> int:
        return self.table.num_rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.table.to_pylist())
