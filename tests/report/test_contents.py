import shutil
from dataclasses import replace

import pytest

from nucleate.errors import RunFolderError
from nucleate.report.contents import read_run
from nucleate.run_folder.folder import RunFolder


@pytest.fixture
def copy(run_folder, tmp_path):
    return RunFolder.open(shutil.copytree(run_folder.path, tmp_path / "copy"))


def test_a_run_is_read_whole(contents):
    assert (contents.name, contents.seed, contents.claimed.position) == ("smoke", 1, "last_instruction")
    assert len(contents.scores) and contents.claims and contents.training
    assert contents.corpus is not None and contents.projections is not None
    assert contents.settings["corpus.n_tasks"] == 4 and "seed" not in contents.settings


def test_runs_of_one_group_differ_in_their_seed_alone(contents):
    other_seed = replace(contents, config={**contents.config, "seed": 9})
    other_task = replace(
        contents, config={**contents.config, "corpus": {**contents.config["corpus"], "n_tasks": 5}}
    )
    assert other_seed.group == contents.group != other_task.group


def test_an_edited_file_is_not_shown(copy):
    copy.scores.write_bytes(copy.scores.read_bytes()[:-1] + b"x")
    with pytest.raises(RunFolderError, match=r"scores\.parquet"):
        read_run(copy)


def test_a_run_without_scores_has_no_page(copy):
    copy.manifest["stages"].pop("scoring")
    with pytest.raises(RunFolderError, match="scoring"):
        read_run(copy)


def test_a_run_without_projections_has_a_page_without_points(copy):
    shutil.rmtree(copy.projections)
    stages = copy.manifest["stages"]["scoring"]["outputs"]
    for name in [name for name in stages if name.startswith("projections/")]:
        stages.pop(name)
    assert read_run(copy).projections is None


def test_a_model_that_was_only_looked_at_has_neither_claims_nor_tasks(prompts):
    assert prompts.claims == () and prompts.training == ()
    assert prompts.corpus.table.num_rows == 60
    assert prompts.corpus.tasks == () and prompts.corpus.input_alone == {}
