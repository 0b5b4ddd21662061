import contextlib
import json
import os
import signal
import time

import pytest

from nucleate.errors import Interrupted, RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.interrupts import hold_interrupts, raise_on_signals


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


def finish_two(folder, names, inputs="a"):
    with folder.stage("claims", inputs):
        for name in names:
            with folder.commit(folder.path / name) as path:
                path.write_text(f"{name} from {inputs}")


def test_until_the_new_output_is_there_the_old_one_is_listed_and_can_be_read(folder):
    finish(folder, text="old")
    manifest = folder.manifest_json.read_bytes()
    with pytest.raises(ZeroDivisionError), folder.stage("scoring", "b"), folder.commit(folder.scores) as path:
        path.write_text("new")
        assert RunFolder.open(folder.path).is_done("scoring", "a")
        _ = 1 / 0
    assert folder.manifest_json.read_bytes() == manifest
    again = RunFolder.open(folder.path)
    again.require("scoring")
    assert again.is_done("scoring", "a")
    assert again.scores.read_text() == "old"


def test_what_is_not_made_again_goes_with_its_entry(folder):
    finish_two(folder, ["a.json", "sub/b.json", "sub/deep/c.json"])
    finish_two(folder, ["a.json"], inputs="b")
    assert folder.problems() == []
    assert list(folder.manifest["stages"]["claims"]) == ["status", "inputs", "outputs", "seconds"]
    assert list(folder.manifest["stages"]["claims"]["outputs"]) == ["a.json"]
    assert (folder.path / "a.json").read_text() == "a.json from b"
    assert not (folder.path / "sub").exists()


@pytest.mark.parametrize("inputs", ["x", "y"])
def test_made_again_with_fewer_files_a_folder_is_listed_as_it_is(folder, inputs):
    for names, made_from in ((("a", "b"), "x"), (("c",), inputs)):
        with folder.stage("figures", made_from), folder.commit(folder.figures) as path:
            path.mkdir()
            for name in names:
                (path / name).write_text(name)
    assert RunFolder.open(folder.path).problems() == []
    assert list(folder.manifest["stages"]["figures"]["outputs"]) == ["figures/c"]


def test_broken_off_between_two_files_it_says_what_to_do_and_goes_on(folder):
    finish_two(folder, ["a.json", "b.json", "c.json"])
    with pytest.raises(ZeroDivisionError), folder.stage("claims", "b"):
        with folder.commit(folder.path / "a.json") as path:
            path.write_text("a.json from b")
        _ = 1 / 0
    again = RunFolder.open(folder.path)
    assert again.problems() == []
    assert (again.path / "b.json").read_text() == "b.json from a", "nothing is gone before its successor"
    with pytest.raises(RunFolderError, match="broken off") as caught:
        again.require("claims")
    assert f"nucleate report {folder.path}" in caught.value.mend
    with again.stage("claims", "b"):
        assert again.has_recorded(again.path / "a.json")
        assert not again.has_recorded(again.path / "b.json")
        with again.commit(again.path / "b.json") as path:
            path.write_text("b.json from b")
    assert again.problems() == []
    assert {file.name for file in again.path.glob("?.json")} == {"a.json", "b.json"}


def test_what_another_stage_has_made_meanwhile_is_not_deleted(folder):
    finish_two(folder, ["a.json", "emergence.json"])
    with folder.stage("scoring", "b"), folder.commit(folder.path / "emergence.json") as path:
        path.write_text("of another stage")
    finish_two(folder, ["a.json"], inputs="b")
    assert (folder.path / "emergence.json").read_text() == "of another stage"
    assert folder.problems() == []


def test_a_link_out_of_the_folder_is_not_written_through(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder.figures.symlink_to(tmp_path / "elsewhere")
    picture = folder.figures / "a.png"
    with (
        pytest.raises(RunFolderError, match="link out"),
        folder.stage("figures", "x"),
        folder.commit(picture),
    ):
        raise AssertionError("nothing is begun")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("killed_after", ["announced", "config.toml"])
def test_a_kill_while_settings_are_written_leaves_the_old_or_the_new_ones(folder, monkeypatch, killed_after):
    class Killed(BaseException): ...

    real = RunFolder.describe

    def describe(self, **facts):
        if "next_config" in facts:
            real(self, **facts)
        if ("config" in facts) == (killed_after == "config.toml"):
            raise Killed

    monkeypatch.setattr(RunFolder, "describe", describe)
    with pytest.raises(Killed):
        folder.write_config("seed = 2\n")
    monkeypatch.undo()
    expected = "seed = 1\n" if killed_after == "announced" else "seed = 2\n"
    again = RunFolder.create(folder.path, expected)
    with again.locked():
        pass
    assert again.read_config() == RunFolder.open(folder.path).read_config() == expected
    assert "next_config" not in again.manifest


def test_a_kill_before_the_first_settings_leaves_a_folder_that_can_be_begun(tmp_path):
    (tmp_path / ".writing-config.toml").write_text("seed")
    assert RunFolder.create(tmp_path, "seed = 1\n").read_config() == "seed = 1\n"


def test_a_reserved_folder_is_anybodys_until_it_has_settings_even_with_downloads(tmp_path):
    reserved = RunFolder.reserve(tmp_path, "seed = 1\n")
    with reserved.locked():
        reserved.describe(seed=1)
    reserved.downloads.mkdir()
    assert RunFolder.create(tmp_path, "seed = 2\n").read_config() == "seed = 2\n"
    with pytest.raises(RunFolderError, match="other settings"):
        RunFolder.reserve(tmp_path, "seed = 1\n")


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


def test_why_no_folder_can_be_made_at_a_place_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RunFolderError, match="file: it is a file"):
        RunFolder.reserve(tmp_path / "file", "seed = 1\n")
    with pytest.raises(RunFolderError, match=r"it is a link to .*nowhere, which is not there"):
        RunFolder.reserve(tmp_path / "link", "seed = 1\n")


def test_two_processes_cannot_share_a_folder(folder):
    with folder.locked(), pytest.raises(RunFolderError, match="another process"), folder.locked():
        pass


def test_an_interrupt_acts_at_once_while_a_file_is_made_and_leaves_no_half_of_it(folder):
    finish(folder, text="old")
    manifest = folder.manifest_json.read_bytes()
    scoring = folder.stage("scoring", "b")
    with (
        pytest.raises(Interrupted) as caught,
        raise_on_signals(),
        scoring,
        folder.commit(folder.scores) as path,
    ):
        path.write_text("ha")
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("the interrupt comes at once")
    assert caught.value.signal_number == signal.SIGTERM
    assert folder.scores.read_text() == "old"
    assert folder.manifest_json.read_bytes() == manifest
    assert not list(folder.path.glob(".writing*"))


def test_an_interrupt_waits_for_the_renaming_and_its_line_in_the_manifest(folder, monkeypatch):
    def put_in_place(temporary, path):
        os.kill(os.getpid(), signal.SIGTERM)
        temporary.replace(path)

    monkeypatch.setattr("nucleate.run_folder.folder.put_in_place", put_in_place)
    with pytest.raises(Interrupted), raise_on_signals():
        finish(folder, text="whole")
    assert RunFolder.open(folder.path).scores.read_text() == "whole"
    assert RunFolder.open(folder.path).problems() == []
    assert "scores.parquet" in RunFolder.open(folder.path).manifest["stages"]["scoring"]["outputs"]


def test_who_holds_interrupts_is_told_of_one_that_came_while_a_file_was_renamed(folder):
    with folder.stage("scoring", "a"), pytest.raises(Interrupted), hold_interrupts() as pending:
        with folder.commit(folder.scores) as path:
            path.write_text("whole")
            os.kill(os.getpid(), signal.SIGINT)
        with hold_interrupts():
            os.kill(os.getpid(), signal.SIGTERM)
        assert pending.signal_number == signal.SIGTERM, "training saves its state before it stops"


def test_a_file_of_the_user_s_own_does_not_go_with_a_folder_that_is_replaced(folder):
    def draw(inputs):
        with folder.stage("figures", inputs), folder.commit(folder.figures) as path:
            path.mkdir()
            (path / "emergence.png").write_text(inputs)

    draw("a")
    (folder.figures / "mine.png").write_text("mine")
    with pytest.raises(
        RunFolderError, match=r"mine\.png is not of this run, and would go with the old figures"
    ):
        draw("b")
    assert (folder.figures / "mine.png").read_text() == "mine"
    (folder.figures / "mine.png").unlink()
    draw("b")
    assert (folder.figures / "emergence.png").read_text() == "b"


def test_a_signal_that_a_library_has_swallowed_comes_again(monkeypatch):
    monkeypatch.setattr("nucleate.run_folder.interrupts._AGAIN", 0.05)
    with pytest.raises(Interrupted) as caught, raise_on_signals():
        with contextlib.suppress(BaseException):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        time.sleep(60)
    assert caught.value.signal_number == signal.SIGTERM
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_manifest_says_what_and_how_long(folder):
    finish(folder)
    manifest = json.loads(folder.manifest_json.read_text())
    stage = manifest["stages"]["scoring"]
    assert stage["status"] == "done"
    assert stage["seconds"] >= 0
    assert list(stage["outputs"]) == ["scores.parquet"]
