import numpy as np
import pandas as pd
import pytest

from nucleate.errors import RunFolderError
from nucleate.report.analyses import analysis_rows
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import SCHEMA

ROW = {
    "run": "r",
    "model": "m",
    "seed": 1,
    "step": 4,
    "split": "validation",
    "position": "input",
    "layer": 1.0,
}
FIGURES = {
    "n_examples": 9,
    "value": 0.5,
    "ci_low": 0.4,
    "ci_high": np.nan,
    "metric": "becomes_b",
    "control": "none",
}


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "run", "seed = 1\n")


def write(folder, path, rows):
    with folder.stage(path.stem, "inputs"), folder.commit(path) as temporary:
        pd.DataFrame(rows).to_parquet(temporary)


def test_none_where_there_is_none(folder):
    assert analysis_rows(folder) == []


def test_both_tables_come_with_the_columns_of_scores(folder):
    own = {"factor": "task", "preparation": "raw", "method": "nearest_centroid", "n_clusters": 3}
    write(folder, folder.unseen, [ROW | FIGURES | own | {"site": site} for site in ("block.1", "")])
    write(
        folder,
        folder.interventions,
        [ROW | FIGURES | {"site": "embed", "intervention": "shift", "strength": 0.5}],
    )
    unseen, causes = analysis_rows(folder)
    assert unseen["site"].tolist() == ["block.1"], "rows about no site are in the scores already"
    assert set(unseen["method"]) == {"unseen"}
    (row,) = causes.to_dict("records")
    assert (row["method"], row["factor"], row["preparation"]) == ("intervene", "shift", "strength 0.5")
    for frame in (unseen, causes):
        assert set(SCHEMA.names) <= set(frame.columns)


def test_an_edited_table_is_not_shown(folder):
    write(
        folder,
        folder.interventions,
        [ROW | FIGURES | {"site": "embed", "intervention": "shift", "strength": 1.0}],
    )
    folder.interventions.write_bytes(folder.interventions.read_bytes()[:-1] + b"x")
    with pytest.raises(RunFolderError, match="interventions"):
        analysis_rows(folder)
