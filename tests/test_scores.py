import pandas as pd
import pyarrow as pa
import pytest

from nucleate.errors import ScoresError
from nucleate.scores import SCHEMA, Score, Scores


def row(**changes):
    values = {
        "run": "r",
        "model": "gpt2",
        "seed": 1,
        "step": 0,
        "split": "train",
        "metric": "ari",
        "value": 0.5,
        "n_examples": 10,
        "method": "kmeans",
        "site": "block.1",
        "layer": 1,
    }
    return Score(**(values | changes))


def test_parquet_round_trip_keeps_every_value(tmp_path):
    scores = Scores.from_rows([row(ci_low=0.1, ci_high=0.9), row(site="final_norm", layer=None)])
    scores.write(tmp_path / "scores.parquet")
    assert Scores.read(tmp_path / "scores.parquet").table.equals(scores.table)


def test_where_takes_values_and_lists():
    scores = Scores.from_rows([row(step=step) for step in (0, 1, 2)])
    assert len(scores.where(step=1)) == 1
    assert scores.where(step=[0, 2], metric="ari").values("step") == [0, 2]
    assert len(scores.where()) == 3


def test_layer_stays_an_integer_beside_nulls():
    frame = Scores.from_rows([row(), row(site="final_norm", layer=None)]).to_pandas()
    assert frame["layer"].dtype == pd.Int64Dtype()
    assert frame["layer"].tolist() == [1, pd.NA]


def test_no_rows_is_a_table_too(tmp_path):
    scores = Scores.concatenate([])
    scores.write(tmp_path / "x.parquet")
    assert len(Scores.read(tmp_path / "x.parquet")) == 0
    assert list(scores.to_pandas().columns) == SCHEMA.names


def test_unknown_column_and_other_tables_are_refused():
    with pytest.raises(ScoresError, match="color"):
        Scores.from_rows([row()]).where(color="red")
    with pytest.raises(ScoresError, match="missing run"):
        Scores(pa.table({"x": [1]}))
