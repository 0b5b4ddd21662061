import pyarrow as pa
import pytest

from nucleate.errors import ScoresError
from nucleate.pictures.points_table import FRAMES_SCHEMA, Projections


def frames(steps=(0, 4)):
    rows = [
        {
            "embedding": "pca",
            "step": step,
            "position": "input",
            "site": "embed",
            "x": [0.0, 1.0],
            "y": [2.0, 3.0],
            "cluster": [0, 1],
        }
        for step in steps
    ]
    return pa.Table.from_pylist(rows, schema=FRAMES_SCHEMA)


EXAMPLES = pa.table({"split": ["train", "train"], "task": [3, 4], "predicted": [["a", "b"], ["c", "d"]]})


def test_they_come_back_as_they_were_written(tmp_path):
    written = Projections(EXAMPLES, frames((4, 0)))
    written.write(tmp_path / "projections")
    read = Projections.read(tmp_path / "projections")
    assert read.examples.equals(written.examples) and read.frames.equals(written.frames)
    assert read.steps == [0, 4]


def test_tables_that_are_none_are_refused():
    with pytest.raises(ScoresError, match="predicted"):
        Projections(EXAMPLES.drop_columns(["predicted"]), frames())
    with pytest.raises(ScoresError, match="columns differ"):
        Projections(EXAMPLES, frames().drop_columns(["x"]))
