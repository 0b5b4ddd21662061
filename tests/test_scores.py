import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nucleate.errors import ScoresError
from nucleate.scores import SCHEMA, Coded, Score, Scores, array_of, numbers_of


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


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["ari", "", "größer", None], pa.string()),
        ([1, None, -(2**60), np.int64(3)], pa.int64()),
        ([0.5, None, float("inf")], pa.float64()),
        ([], pa.string()),
    ],
)
def test_an_array_made_without_pandas_is_the_one_that_arrow_makes(values, kind):
    made = array_of(values, kind)
    made.validate(full=True)
    assert made.equals(pa.array(values, kind))


@pytest.mark.parametrize("wanted", [[1], [None], [1, None], [], {0, 2}, (0, 1, 2)])
def test_where_keeps_the_rows_that_say_so_themselves(wanted):
    scores = Scores.from_rows([row(layer=layer) for layer in (0, 1, None, 2)])
    kept = [one["layer"] for one in scores if one["layer"] in wanted]
    assert [one["layer"] for one in scores.where(layer=wanted)] == kept


def test_rows_become_the_table_that_arrow_makes_of_them():
    rows = [row(), row(site="final_norm", layer=None, ci_low=0.25), row(run="größer", value=float("inf"))]
    expected = pa.Table.from_pylist([vars(one) for one in rows], schema=SCHEMA)
    assert Scores.from_rows(iter(rows)).table.equals(expected)


def test_columns_are_read_as_numbers_and_as_codes_over_all_chunks():
    scores = Scores.concatenate(
        Scores.from_rows([row(site=site, ci_low=low)]) for site, low in (("b", 0.1), ("a", None), ("b", 0.3))
    )
    np.testing.assert_array_equal(numbers_of(scores.table["ci_low"]), [0.1, np.nan, 0.3])
    np.testing.assert_array_equal(numbers_of(scores.table["step"]), [0, 0, 0])
    coded = Coded.of(scores.table["site"])
    assert [coded.value(index) for index in range(3)] == ["b", "a", "b"]
    assert coded.among(["b"]).tolist() == [True, False, True]
    assert Coded.of(scores.table["ci_high"]).codes.tolist() == [-1, -1, -1]
    assert not Coded.of(scores.table["ci_high"]).among([None]).any()
