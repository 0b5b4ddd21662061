import json
import os
import signal

import pytest

from nucleate.errors import Interrupted, RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.interrupts import raise_on_signals


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "run", "seed = 1\n")


def finish(folder, stage="scoring", inputs="a", text="scores"):
    with folder.stage(stage, inputs), folder.commit(folder.scores) as path:
        path.write_text(text)


def test_a_finished_stage_is_done_for_its_inputs_alone(folder):
    finish(folder)
    again = RunFolder.open(folder.path)
    assert again.is_done("scoring", "a")
    assert not again.is_done("scoring", "b")


def test_a_broken_off_stage_is_not_done_and_keeps_its_files(folder):
    with pytest.raises(ZeroDivisionError), folder.stage("scoring", "a"):
        with folder.commit(folder.scores) as path:
            path.write_text("scores")
        _ = 1 / 0
    again = RunFolder.open(folder.path)
    assert not again.is_done("scoring", "a")
    assert again.problems() == []
    assert folder.scores.exists()


def test_other_inputs_remove_the_old_outputs(folder):
    finish(folder)
    with folder.stage("scoring", "b"):
        assert not folder.scores.exists()


@pytest.mark.parametrize("harm", ["edit", "tear", "remove"])
def test_a_harmed_file_is_found_by_check_and_by_who_reads_it(folder, harm):
    finish(folder)
    if harm == "remove":
        folder.scores.unlink()
    else:
        folder.scores.write_text("scorez" if harm == "edit" else "sco")
    assert len(folder.problems()) == 1
    with pytest.raises(RunFolderError, match=r"scores\.parquet"):
        folder.require("scoring")
    with pytest.raises(RunFolderError, match=r"scores\.parquet"):
        folder.is_done("scoring", "a")


def test_a_failed_write_leaves_the_old_file(folder):
    finish(folder, text="old")
    with pytest.raises(ZeroDivisionError), folder.stage("scoring", "a"), folder.commit(folder.scores) as path:
        path.write_text("half")
        _ = 1 / 0
    assert folder.scores.read_text() == "old"
    assert [file.name for file in folder.path.iterdir() if file.name.startswith(".writing")] == []


def test_a_folder_commits_whole_and_replaces_the_old_one(folder):
    for names in (("a", "b"), ("c",)):
        with folder.stage("figures", "x"), folder.commit(folder.figures) as path:
            path.mkdir()
            for name in names:
                (path / name).write_text(name)
    assert [file.name for file in folder.figures.iterdir()] == ["c"]


def test_another_configs_run_is_not_touched(folder):
    with pytest.raises(RunFolderError, match="other settings"):
        RunFolder.create(folder.path, "seed = 2\n")
    assert folder.config_toml.read_text() == "seed = 1\n"


def test_an_edited_config_is_found(folder):
    folder.config_toml.write_text("seed = 3\n")
    with pytest.raises(RunFolderError, match="edited"):
        RunFolder.create(folder.path, "seed = 1\n")


def test_a_folder_of_other_files_is_not_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(RunFolderError, match="not empty"):
        RunFolder.create(tmp_path, "seed = 1\n")
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_way_is_the_users_error(tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(RunFolderError, match="cannot write"):
        RunFolder.create(tmp_path / "run", "seed = 1\n")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stages": 1}'])
def test_a_torn_manifest_is_found(folder, text):
    folder.manifest_json.write_text(text)
    with pytest.raises(RunFolderError, match=r"manifest\.json"):
        RunFolder.open(folder.path)


def test_two_processes_cannot_share_a_folder(folder):
    with folder.locked(), pytest.raises(RunFolderError, match="another process"), folder.locked():
        pass


def test_an_interrupt_waits_for_the_write_in_hand(folder):
    with pytest.raises(Interrupted) as caught, raise_on_signals(), folder.stage("scoring", "a"):
        with folder.commit(folder.scores) as path:
            os.kill(os.getpid(), signal.SIGTERM)
            path.write_text("whole")
        raise AssertionError("the interrupt comes right after the write")
    assert caught.value.signal_number == signal.SIGTERM
    assert folder.scores.read_text() == "whole"
    assert folder.problems() == []


def test_the_manifest_says_what_and_how_long(folder):
    finish(folder)
    manifest = json.loads(folder.manifest_json.read_text())
    stage = manifest["stages"]["scoring"]
    assert stage["status"] == "done"
    assert stage["seconds"] >= 0
    assert list(stage["outputs"]) == ["scores.parquet"]
