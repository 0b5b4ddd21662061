import shutil
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

from nucleate.claims.verdicts import ClaimVerdict
from nucleate.errors import RunFolderError
from nucleate.pictures.points_table import Projections
from nucleate.report.contents import alone, looked_at_once, read_run
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


def test_one_model_is_looked_at_without_its_untrained_twin(prompts):
    own = prompts.scores.query("control == 'none'")
    scores = pd.concat([own, own.assign(step=1), own.assign(step=1, control="untrained")])
    examples, frames = prompts.projections.examples, prompts.projections.frames
    place = examples.column_names.index("predicted")
    answers = [["before", one[0]] for one in examples["predicted"].to_pylist()]
    later = [{**row, "step": 1} for row in frames.to_pylist()]
    points = Projections(
        examples.set_column(place, "predicted", pa.array(answers)),
        pa.concat_tables([frames, pa.Table.from_pylist(later, schema=frames.schema)]),
    )
    claims = tuple(
        ClaimVerdict(name, "words", "rule", "last", "not measured", {}) for name in ("emergence", "causal")
    )
    found = alone(replace(prompts, scores=scores, projections=points, claims=claims))
    assert found.is_one_model and found.model_name == "some/causal-lm"
    assert set(found.scores["step"]) == {1} and set(found.scores["control"]) == {"none", "untrained"}
    assert [one.claim for one in found.claims] == ["causal"]
    assert found.projections.steps == [1]
    assert found.projections.examples["predicted"].to_pylist() == examples["predicted"].to_pylist()


@pytest.mark.parametrize(
    ("config", "steps", "is_one"),
    [
        ({"prompts": {}, "model": {"name": "m"}}, (0, 1), True),
        ({"prompts": {}, "model": {"name": "m", "revisions": ["a", "b"]}}, (0, 1), False),
        ({"prompts": {}, "model": {"name": "m", "folder": "f"}}, (0, 1), False),
        ({"prompts": {}, "model": {"name": "m"}}, (0, 1, 2), False),
        ({"prompts": {}, "model": {"name": "trainer:m", "untrained": False}}, (0, 1), False),
        ({"prompts": {}, "model": {"name": "arrays:m", "untrained": False}}, (0,), True),
        ({"model": {"n_layer": 2}}, (0, 1), False),
    ],
)
def test_a_series_is_no_single_model(prompts, config, steps, is_one):
    scores = pd.concat([prompts.scores.assign(step=step) for step in steps])
    assert looked_at_once(replace(prompts, scores=scores, config=config)) == is_one
