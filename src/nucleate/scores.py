"""Scores, the product: one tidy table with one row per number.

Everything that a person sees is drawn from this table. What is hidden here: its Arrow schema, and how
rows are checked, kept and found again. Figures, claims and the report ask with `where` and get pandas.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from nucleate.errors import ScoresError
from nucleate.foreign_files import read_parquet
from nucleate.lazy import Bool, Float, Int, lazy

if TYPE_CHECKING:
    import pandas as pd

compute = lazy("pyarrow.compute")
parquet = lazy("pyarrow.parquet")

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

    `ci_low` and `ci_high` are a 95 % interval, of `shuffled_labels` and `dialect_oracle` the 2.5 and 95 %
    levels over draws, None where there is none. `control` is `none` for a
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
        held = list(rows)
        columns = [array_of((getattr(row, column.name) for row in held), column.type) for column in SCHEMA]
        return cls(pa.Table.from_arrays(columns, schema=SCHEMA))

    @classmethod
    def concatenate(cls, parts: Iterable[Scores]) -> Scores:
        return cls(pa.concat_tables([part.table for part in parts] or [SCHEMA.empty_table()]))

    @classmethod
    def read(cls, path: Path) -> Scores:
        return cls(read_parquet(path).cast(SCHEMA))

    def write(self, path: Path) -> None:
        parquet.write_table(self.table, path, compression="zstd")

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
            wanted_ones = array_of(values, SCHEMA.field(column).type)
            term = compute.is_in(self.table[column], value_set=wanted_ones)
            keep = term if keep is None else compute.and_(keep, term)
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


_WIDE = {pa.int64(): np.int64, pa.float64(): np.float64}


def array_of(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    """Values, None where one is missing, as an Arrow array of texts or of numbers of 64 bits.

    `pyarrow.array` loads pandas, to see whether it was given something of it, and that takes longer than to
    judge all claims.
    """
    held = list(values)
    there = np.packbits(np.array([value is not None for value in held], bool), bitorder="little")
    if kind == pa.string():
        texts = [(value or "").encode() for value in held]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        parts = [ends.tobytes(), b"".join(texts)]
    else:
        numbers = np.array([0 if value is None else value for value in held], _WIDE[kind])
        assert kind != pa.int64() or all(a in (b, None) for a, b in zip(held, numbers.tolist(), strict=True))
        parts = [numbers.tobytes()]
    return pa.Array.from_buffers(kind, len(held), [pa.py_buffer(part) for part in (there.tobytes(), *parts)])


def numbers_of(column: pa.ChunkedArray) -> Float[np.ndarray, " row"]:
    """A column of numbers, NaN where one is missing; no pandas is loaded, as `to_numpy` does."""
    numbers = column.cast(pa.float64()).fill_null(array_of([math.nan], pa.float64())[0])
    return np.from_dlpack(_in_one_piece(numbers))


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks else array_of([], pa.float64())


@dataclass(frozen=True)
class Coded:
    """A column as whole numbers: which of its different values stands in each row, -1 where there is none."""

    codes: Int[np.ndarray, " row"]
    values: Sequence[Any]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Coded:
        encoded = _in_one_piece(column).dictionary_encode()
        codes = encoded.indices.cast(pa.int64()).fill_null(array_of([-1], pa.int64())[0])
        return cls(np.from_dlpack(codes), encoded.dictionary.to_pylist())

    def among(self, names: Collection[str]) -> Bool[np.ndarray, " row"]:
        """In which rows one of these values stands."""
        return np.array([*(value in names for value in self.values), False])[self.codes]

    def value(self, row: int) -> Any:
        return self.values[self.codes[row]]
