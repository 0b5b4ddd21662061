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


def test_a_frame_has_a_row_per_point_with_what_was_answered_at_its_step():
    own = Projections(EXAMPLES, frames())
    whole = own.to_pandas()
    assert whole["predicted"].tolist() == ["a", "c", "b", "d"] and whole["step"].tolist() == [0, 0, 4, 4]
    late = own.to_pandas(step=4, site="embed")
    assert late[["point", "x", "y", "cluster", "task", "split"]].to_numpy().tolist() == [
        [0, 0.0, 2.0, 0, 3, "train"], [1, 1.0, 3.0, 1, 4, "train"],
    ]  # fmt: skip
    with pytest.raises(ScoresError, match="no picture of step=5"):
        own.to_pandas(step=5)
