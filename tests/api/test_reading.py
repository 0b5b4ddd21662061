"""Runs read from Python, by folder or as they are."""

import pytest

import nucleate
from nucleate import api
from nucleate.errors import RunFolderError
from tests.test_fresh_process import ARRAYS, MODEL, loaded_by


def test_a_folder_and_a_run_are_read_alike(made):
    by_path, by_run = nucleate.verify(str(made.folder.path)), nucleate.verify(made)
    assert by_path == by_run == nucleate.load_runs([made.folder.path])[0].judge()


def test_verdicts_judged_anew_are_those_that_were_written(made):
    assert [(one.claim, one.position, one.verdict) for one in nucleate.verify(made)] == [
        (one.claim, one.position, one.verdict) for one in made.verdicts
    ]


def test_check_names_the_file_that_was_edited(own):
    assert nucleate.check(own) == []
    table = own / "scores.parquet"
    table.write_bytes(table.read_bytes() + b"x")
    assert len(nucleate.check(own)) == 1
    assert "scores.parquet" in nucleate.check(own)[0]
    with pytest.raises(RunFolderError, match=r"scores\.parquet"):
        nucleate.verify(own)


def test_claims_of_one_run_judged_together_are_its_own(made):
    position = made.claim_settings.position
    for one in api.judge_together([made]):
        verdict = next(v.verdict for v in made.verdicts if (v.claim, v.position) == (one.claim, position))
        assert one.n_holds == (verdict == "holds")


@pytest.mark.parametrize(
    "read", [nucleate.load_run, nucleate.verify, nucleate.check, api.report, nucleate.score]
)
def test_what_is_no_runs_folder_is_refused(read, tmp_path):
    with pytest.raises(RunFolderError, match="is not a run's folder"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("nucleate.load_run({!r}).table", {"numpy", "pyarrow"}),
        ("nucleate.check({!r})", set()),
        ("nucleate.verify({!r})", {"numpy", "pyarrow", "pandas"}),
    ],
)
def test_reading_loads_what_it_needs(code, needs, made):
    loaded = loaded_by(f"import nucleate\n{code.format(str(made.folder.path))}")
    assert loaded & (MODEL | ARRAYS) <= needs
