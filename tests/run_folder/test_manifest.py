import json

import pytest

from nucleate.errors import RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.manifest import place_of, read_manifest, sha256


@pytest.mark.parametrize(
    "name", ["../thesis.tex", "a/../../thesis.tex", "/etc/passwd", "", ".", "a//b", "out/thesis.tex", "link"]
)
def test_a_name_that_leads_out_of_the_folder_is_followed_by_nothing(tmp_path, name):
    """Neither read (`check` tells no digest of it), nor deleted when the stage is made again."""
    secret = tmp_path / "thesis.tex"
    secret.write_text("years of work")
    folder = RunFolder.create(tmp_path / "run", "seed = 1\n")
    (folder.path / "out").symlink_to(tmp_path)
    (folder.path / "link").symlink_to(secret)
    assert place_of(folder.path, name) is None
    listed = {name: sha256(secret), "scores.parquet": "0"}
    for left in ({"status": "done"}, {"status": "running"}, {"status": "done", "earlier": listed}):
        stage = {"inputs": "a", "outputs": listed, "seconds": 0.0} | left
        replacing = {"path": name, "inputs": "b", "outputs": listed}
        for entry in (stage, stage | {"replacing": replacing}):
            folder.manifest_json.write_text(json.dumps({"stages": {"claims": entry}}))
            again = RunFolder.open(folder.path)
            assert any("leads out of the folder" in problem for problem in again.problems())
            with pytest.raises(RunFolderError):
                again.require("claims")
            with again.locked(), again.stage("claims", "c"), again.commit(again.claims) as path:
                path.write_text("[]")
            assert again.problems() == []
            assert secret.read_text() == "years of work"
            assert (folder.path / "link").is_symlink()


def test_a_name_that_stays_within_is_a_file_of_the_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "named").symlink_to(tmp_path / "run")
    for root in (tmp_path / "run", tmp_path / "named"):
        assert place_of(root, "figures/..a.png") == root / "figures" / "..a.png"


@pytest.mark.parametrize(
    "stages",
    [
        '{"a": 1}',
        '{"a": {"outputs": []}}',
        '{"a": {"outputs": {"x": 1}}}',
        '{"a": {"seconds": "x"}}',
        '{"a": {"earlier": "x"}}',
        '{"a": {"replacing": {"path": 1}}}',
    ],
)
def test_what_is_no_manifest_is_told(tmp_path, stages):
    path = tmp_path / "manifest.json"
    path.write_text(f'{{"stages": {stages}}}')
    with pytest.raises(RunFolderError, match="torn or was edited"):
        read_manifest(path)


@pytest.mark.parametrize("fact", ['"versions": 1e308', '"precision": []', '"audit": {}', '"audit": [1]'])
def test_a_fact_of_another_kind_is_told_too(tmp_path, fact):
    path = tmp_path / "manifest.json"
    path.write_text(f'{{"stages": {{}}, {fact}}}')
    with pytest.raises(RunFolderError, match="torn or was edited"):
        read_manifest(path)
