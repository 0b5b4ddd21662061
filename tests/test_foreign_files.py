import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nucleate.errors import RunFolderError
from nucleate.foreign_files import (
    ForeignFileError,
    naming,
    offline,
    read_object,
    read_parquet,
    regular_files,
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model" / "inner").mkdir(parents=True)
    (tmp_path / "model" / "a.json").write_text('{"a": 1}')
    (tmp_path / "outside").write_text("secret")
    return tmp_path / "model"


def test_files_of_a_folder_are_those_that_lie_in_it(folder):
    (folder / "b.json").symlink_to("a.json")
    assert [file.name for file in regular_files(folder)] == ["a.json", "b.json"]
    assert read_object(folder / "b.json") == {"a": 1}


@pytest.mark.parametrize(
    ("target", "what"),
    [("../outside", "leads out of the folder"), ("/dev/zero", "leads out"), ("inner", "no regular")],
)
def test_links_lead_nowhere_else(folder, target, what):
    (folder / "link").symlink_to(target)
    with pytest.raises(ForeignFileError, match=f"link is .*{what}"):
        regular_files(folder)


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe")
    with pytest.raises(ForeignFileError, match="pipe is no regular file"):
        regular_files(folder)


def test_files_of_the_hubs_cache_are_links_into_its_blobs(tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    (blobs / "1").write_text("{}")
    (snapshot / "config.json").symlink_to("../../blobs/1")
    assert regular_files(snapshot)[0].name == "config.json"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[]", "holds list"),
        ("{", "is not JSON"),
        ("[" * 100_000, "nested without end"),
        ("null", "holds NoneType"),
    ],
)
def test_what_is_no_object_is_named(tmp_path, text, what):
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(ForeignFileError, match=f"c.json .*{what}|c.json {what}"):
        read_object(tmp_path / "c.json")


def test_whatever_a_library_says_is_said_of_the_file():
    with pytest.raises(ForeignFileError, match=r"c\.json: KeyError 'x'"), naming("c.json"):
        raise KeyError("x")


def test_no_server_is_asked_within(monkeypatch):
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with offline():
        assert constants.is_offline_mode()
    assert not constants.is_offline_mode()


def test_a_table_is_the_one_that_was_written(tmp_path):
    words = ["ab", "", None, "\u00d6"]
    nested = pa.array([["a", None], [], None, ["b", "a"]], pa.list_(pa.string()))
    counts = pa.array([[1], [2, 3], None, []], pa.list_(pa.int32()))
    pairs = pa.array([{"key": "v"}, {"key": None}, None, {"key": "w"}], pa.struct([("key", pa.string())]))
    for own in (words, pa.array(words).dictionary_encode()):
        table = pa.table(
            {"words": own, "nested": nested, "counts": counts, "pairs": pairs, "x": [1.0, 2.0, None, 4.0]}
        )
        pq.write_table(table, tmp_path / "t.parquet", row_group_size=3)
        assert read_parquet(tmp_path / "t.parquet").equals(pq.read_table(tmp_path / "t.parquet"))
    pq.write_table(table[:0], tmp_path / "t.parquet")
    assert read_parquet(tmp_path / "t.parquet").num_rows == 0


@pytest.mark.parametrize(
    "column",
    [pa.repeat(0, 500_000), pa.repeat("x" * 100_000, 100), pa.array([["y" * 100_000] * 10] * 10)],
    ids=["numbers", "texts", "texts in lists"],
)
def test_a_small_file_that_says_the_same_thing_without_end_is_refused_before_it_is_read(tmp_path, column):
    file, part = tmp_path / "t.parquet", pa.table({"column": column})
    with pq.ParquetWriter(file, part.schema) as writer:
        for _ in range(100):
            writer.write_table(part)
    before = pa.total_allocated_bytes()
    with pytest.raises(RunFolderError, match=r"t\.parquet has .* MB and would take .* GB in memory"):
        read_parquet(file)
    assert pa.total_allocated_bytes() - before < 2**26
