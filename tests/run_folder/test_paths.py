from pathlib import Path

import pytest

from nucleate.run_folder.paths import RunPaths, beside


def test_a_file_is_named_by_its_way_from_the_folder(tmp_path):
    paths = RunPaths(tmp_path)
    assert paths.name_of(paths.checkpoint(7) / "config.json") == "checkpoints/step-00000007/config.json"


@pytest.mark.parametrize("called", [".", "", "../here", "../here/inside/..", "inside/.."])
def test_a_folder_has_one_name_however_it_is_called(tmp_path, monkeypatch, called):
    (tmp_path / "here" / "inside").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert RunPaths(Path(called)).name == "here"
    assert beside(Path(called), "seed1").resolve() == tmp_path / "here-seed1"


def test_a_path_with_a_name_is_left_as_it_was_called():
    assert beside(Path("runs/quick"), "seeds") == Path("runs/quick-seeds")
