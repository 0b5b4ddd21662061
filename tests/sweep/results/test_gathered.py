"""Tables, figures and page of a sweep, here and on storage that is no file system."""

from pathlib import PurePosixPath

import pyarrow as pa

from nucleate.settings.presets import resolve
from nucleate.sweep.grid import Point
from nucleate.sweep.results.gathered import put_together
from nucleate.sweep.results.tables import write_table
from nucleate.sweep.sweep_folder import SweepFolder
from tests.conftest import plant

TABLES = ("scores.parquet", "over_seeds.parquet", "emergence.parquet", "measures.parquet")


def planted(root):
    """Two points with scores, of one setting that differs, and a figure that an earlier sweep left."""
    folder = SweepFolder(root)
    points = [Point({"corpus.n_tasks": n}, resolve("smoke", [f"corpus.n_tasks={n}"])) for n in (4, 6)]
    for point in points:
        scores = plant(lambda step, layer, top=point.axes["corpus.n_tasks"] / 6: top * layer / 4 * step / 200)
        table = scores.table.set_column(0, "run", pa.array([point.name] * len(scores.table)))
        write_table(folder, table, f"points/{point.name}/scores.parquet")
    folder.write_text("old", "figures", "old.svg")
    return folder, points


def test_far_away_lie_the_same_bytes_as_here_and_none_that_are_no_more(tmp_path, monkeypatch):
    monkeypatch.setenv("NUCLEATE_CACHE_DIR", str(tmp_path / "near"))
    here, there = planted(str(tmp_path / "mine")), planted("memory://gathered/mine")
    for folder, points in (here, there):
        put_together(folder, points)
    names = [
        {PurePosixPath(path).relative_to(folder.path).as_posix() for path in folder.fs.find(folder.file())}
        for folder, _ in (here, there)
    ]
    assert names[0] - {name for name in names[0] if name.startswith("working")} == names[1]
    assert {"sweep.html", "figures/curves-corpus.n_tasks.svg", *TABLES} <= names[1]
    assert "figures/old.svg" not in names[1]
    for name in (*TABLES, "sweep.html"):
        assert here[0].fs.cat_file(here[0].file(name)) == there[0].fs.cat_file(there[0].file(name))
