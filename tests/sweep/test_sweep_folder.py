"""A sweep's folder: whole or not at all, here or far away."""

import json
import shutil

import fsspec
import pytest

from nucleate.errors import RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.sweep.sweep_folder import SweepFolder, has_training, link, share_training


@pytest.fixture
def run(tmp_path):
    """A run's folder with what every stage leaves, made by hand."""
    folder = RunFolder.create(tmp_path / "working" / "0123", "seed = 1\n")
    for stage, files in {
        "corpus": ("corpus/instances.parquet",),
        "training": ("checkpoints/step-00000000/model.safetensors", "training.jsonl"),
        "scoring": ("scores.parquet", "projections/points.parquet"),
        "report": ("report.html",),
    }.items():
        with folder.stage(stage, f"inputs of {stage}"):
            for file in files:
                with folder.commit(folder.path / file) as path:
                    path.write_text(f"{file}\n")
    folder.describe(precision={"dtype": "float32", "attention": "sdpa"})
    return folder


FACTS = {"kept": ["scores"], "seconds": 1.5, "training": "abcd"}


@pytest.mark.parametrize("root", ["here", "memory://sweeps/a"])
def test_a_published_point_is_what_is_kept_of_it(root, run, tmp_path, monkeypatch):
    monkeypatch.setenv("NUCLEATE_CACHE_DIR", str(tmp_path / "near"))
    folder = SweepFolder(str(tmp_path / root) if root == "here" else root)
    assert folder.is_here == (root == "here")
    assert folder.done() == {} and folder.facts("0123") is None
    folder.publish(run, ("scores", "page"), FACTS)
    assert folder.done() == {"0123": FACTS}
    names = {path.rpartition("0123/")[2] for path in folder.fs.find(folder.file("points"))}
    assert names == {
        "config.toml",
        "manifest.json",
        "scores.parquet",
        "projections/points.parquet",
        "report.html",
    }
    manifest = json.loads(folder.read_text("points", "0123", "manifest.json"))
    assert manifest["stages"]["training"]["status"] == "dropped"
    assert manifest["stages"]["report"]["status"] == "done"
    assert not list(folder.working.glob(".writing-*"))
    folder.remove("points", "0123")
    assert folder.done() == {}


@pytest.mark.parametrize("root", ["here", "memory://sweeps/taken"])
@pytest.mark.parametrize("taken", ["figures/mine.txt", "scores.parquet", "sweep.html"])
def test_what_no_sweep_has_written_is_not_written_over(root, taken, tmp_path, monkeypatch):
    monkeypatch.setenv("NUCLEATE_CACHE_DIR", str(tmp_path / "near"))
    folder = SweepFolder(str(tmp_path / root) if root == "here" else f"{root}/{taken}")
    folder.require_room(folder.done())
    folder.write_text("base", "mine.toml")
    folder.require_room(folder.done())
    folder.write_text("precious", *taken.split("/"))
    with pytest.raises(RunFolderError, match=f"{taken.split('/')[0]} is not of a sweep"):
        folder.require_room(folder.done())
    folder.settle_threads(1)
    if taken == "figures/mine.txt":
        with pytest.raises(RunFolderError, match=r"figures/mine.txt is not of a sweep"):
            folder.require_room(folder.done())
    else:
        folder.require_room(folder.done())


def test_far_away_the_manifest_comes_last(run, monkeypatch, tmp_path):
    monkeypatch.setenv("NUCLEATE_CACHE_DIR", str(tmp_path / "near"))
    folder = SweepFolder("memory://sweeps/b")
    put = type(folder.fs).put_file

    def breaking(self, local, remote, **others):
        if remote.endswith("scores.parquet"):
            raise OSError("the line is dead")
        return put(self, local, remote, **others)

    monkeypatch.setattr(type(folder.fs), "put_file", breaking)
    with pytest.raises(OSError, match="dead"):
        folder.publish(run, ("scores",), FACTS)
    assert folder.done() == {}
    monkeypatch.undo()
    assert fsspec.filesystem("memory").exists("/sweeps/b/points/0123/config.toml")
    monkeypatch.setenv("NUCLEATE_CACHE_DIR", str(tmp_path / "near"))
    folder.publish(run, ("scores",), FACTS)
    assert folder.done() == {"0123": FACTS}


def test_a_shared_training_is_done_for_the_stages_and_costs_no_disk(run, tmp_path):
    other = RunFolder.create(tmp_path / "working" / "4567", "seed = 1\n[scoring]\n")
    share_training(run, other)
    for stage in ("corpus", "training"):
        assert other.is_done(stage, f"inputs of {stage}")
    assert not other.is_done("scoring", "inputs of scoring")
    weights = "checkpoints/step-00000000/model.safetensors"
    assert (other.path / weights).samefile(run.path / weights)
    assert RunFolder.open(other.path).manifest["precision"] == run.manifest["precision"]
    assert has_training(other.path) and not has_training(tmp_path)


@pytest.mark.parametrize("text", ["two", "-1", "1.5", "²"])
def test_a_number_of_threads_that_is_none_is_told(tmp_path, text):
    folder = SweepFolder(str(tmp_path / "sweep"))
    assert folder.threads() == 0
    folder.write_text(text, "threads")
    with pytest.raises(RunFolderError, match="should hold a number of threads"):
        folder.threads()
    folder.write_text("2\n", "threads")
    assert folder.threads() == 2


def test_what_cannot_be_linked_is_copied(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("not across devices")

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "a").write_text("x")
    link(tmp_path / "a", tmp_path / "b" / "c")
    assert (tmp_path / "b" / "c").read_text() == "x" and not (tmp_path / "b" / "c").samefile(tmp_path / "a")


def test_threads_are_settled_once(tmp_path):
    folder = SweepFolder(str(tmp_path / "sweep"))
    assert folder.threads() == 0
    folder.settle_threads(2)
    folder.settle_threads(4)
    assert SweepFolder(str(tmp_path / "sweep")).threads() == 2
    shutil.rmtree(tmp_path / "sweep")


def test_what_is_left_of_work_goes_unless_somebody_is_at_work(tmp_path):
    folder = SweepFolder(str(tmp_path / "sweep"))
    folder.tidy()
    with folder.held("abcd"):
        in_hand = folder.run_in_hand("abcd", "0123")
        in_hand.mkdir(parents=True)
        folder.tidy()
        assert in_hand.is_dir()
    shutil.rmtree(in_hand.parent)
    folder.tidy()
    assert not folder.working.exists()


def test_a_damaged_manifest_is_no_point_and_a_damaged_table_says_how_to_make_it_again(tmp_path):
    folder = SweepFolder(str(tmp_path))
    point = tmp_path / "points" / "0123"
    point.mkdir(parents=True)
    for broken in (b"{", b"[]", b"{}", b'{"point": {}}', b"\xff\xfe"):
        (point / "manifest.json").write_bytes(broken)
        assert folder.facts("0123") is None and folder.done() == {}
    (point / "scores.parquet").write_bytes(b"PAR1, then nothing")
    with pytest.raises(RunFolderError, match=r"scores\.parquet cannot be read") as found:
        folder.read_table("points", "0123", "scores.parquet")
    assert f"Remove {point}:" in found.value.mend
    with pytest.raises(RunFolderError, match="cannot be read"):
        folder.read_table("arms.parquet")
