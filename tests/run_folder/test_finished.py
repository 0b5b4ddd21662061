"""What a folder holds is what its manifest lists: all else is named, and never read."""

import pytest

from nucleate.errors import RunFolderError
from nucleate.run_folder.finished import require_place_beside_runs
from nucleate.run_folder.folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder.create(tmp_path / "run", "seed = 1\n")
    with folder.stage("training", "a"):
        for step in (400, 0, 60):
            with folder.commit(folder.checkpoint(step)) as path:
                path.mkdir()
                (path / "model.safetensors").write_text(f"weights of {step}")
    return RunFolder.open(folder.path)


def test_checkpoints_are_those_that_were_finished(folder):
    for foreign in ("step-00000099", "step-abc", "step-00000500"):
        (folder.checkpoint(0).parent / foreign).mkdir()
        (folder.checkpoint(0).parent / foreign / "model.safetensors").write_text("foreign")
    assert folder.checkpoint_steps() == [0, 60, 400]
    folder.require("training")
    named = [line for line in folder.strangers() if "is not of this run" in line]
    assert len(named) == 3 and all(foreign in " ".join(named) for foreign in ("99", "abc", "500"))


def test_a_file_between_those_of_a_stage_is_refused_because_a_library_could_read_it(folder):
    (folder.checkpoint(60) / "adapter_config.json").write_text("{}")
    with pytest.raises(RunFolderError, match=r"adapter_config\.json is not of this run"):
        folder.require("training")


@pytest.mark.parametrize("damage", [lambda log: log.write_text("x"), lambda log: log.unlink()])
def test_a_damaged_log_is_named_and_no_reason_to_refuse_a_finished_training(folder, damage):
    with folder.stage("training", "b"):
        folder.training_log.write_text("{}")
        folder.record(folder.training_log)
        with folder.commit(folder.checkpoint(0)) as path:
            path.mkdir()
            (path / "model.safetensors").write_text("weights of 0")
    assert folder.problem_of_log() is None
    damage(folder.training_log)
    folder.require("training")
    assert folder.is_done("training", "b")
    assert folder.problem_of_log() in folder.problems() and len(folder.problems()) == 1
    (folder.checkpoint(0) / "model.safetensors").unlink()
    with pytest.raises(RunFolderError, match=r"model\.safetensors is missing"):
        folder.require("training")


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "config.toml", "checkpoints/step-00000060/model.safetensors", "checkpoints/mine.csv"],
)
def test_no_file_of_a_users_own_goes_among_those_of_a_run(folder, name, tmp_path):
    (tmp_path / "link").symlink_to(folder.path)
    for run in (folder.path, tmp_path / "link"):
        with pytest.raises(RunFolderError, match="lies among the files of the run in"):
            require_place_beside_runs(run / name)


def test_but_beside_them_one_may_lie_and_a_link_to_one_may_be_replaced(folder, tmp_path):
    (tmp_path / "page.html").symlink_to(folder.manifest_json)
    for place in (folder.path / "page.html", tmp_path / "new" / "page.html", tmp_path / "page.html"):
        require_place_beside_runs(place)


def test_another_programs_folder_is_no_runs(tmp_path):
    (tmp_path / "config.toml").write_text("title = 'a site'")
    (tmp_path / "manifest.json").write_text('{"name": "a site"}')
    require_place_beside_runs(tmp_path / "manifest.json")


def test_hidden_files_and_what_was_downloaded_may_be_there(folder):
    folder.downloads.mkdir()
    for path in (folder.downloads / "model.bin", folder.checkpoint(0) / ".DS_Store", folder.lock):
        path.write_text("x")
    folder.require("training")
    assert folder.strangers() == []


def test_what_is_held_is_whole(folder):
    assert folder.holds(folder.checkpoint(60))
    assert not folder.holds(folder.training_log)
    folder.training_log.write_text("foreign")
    assert not folder.holds(folder.training_log)
    (folder.checkpoint(60) / "model.safetensors").unlink()
    with pytest.raises(RunFolderError, match="is missing"):
        folder.holds(folder.checkpoint(60))


def test_without_its_manifest_a_folder_is_no_run_s(folder):
    folder.manifest_json.unlink()
    for take in (RunFolder.open, lambda path: RunFolder.create(path, "seed = 1\n")):
        with pytest.raises(RunFolderError, match=r"manifest\.json is missing"):
            take(folder.path)
