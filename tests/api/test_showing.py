"""Figures and pages drawn again from Python."""

import pandas as pd
import pytest

import nucleate
from nucleate import api
from nucleate.errors import ComparisonWarning, ConfigError, RunFolderError
from nucleate.stages.observer import Silent
from tests.test_fresh_process import MODEL, loaded_by


def test_a_report_is_drawn_again_from_what_is_there(own):
    page = own / "report.html"
    page.unlink()
    (own / "figures" / "emergence.svg").unlink()
    assert api.report(own) == page
    assert "<title>own" in page.read_text()
    assert nucleate.check(own) == []


class Notes(Silent):
    def __init__(self):
        self.said = []

    def on_note(self, text):
        self.said.append(text)


def test_a_run_with_a_damaged_log_is_drawn_and_compared_without_it_and_says_so(own, tmp_path):
    with (own / "training.jsonl").open("a") as log:
        log.write("x\n")
    notes, told = Notes(), "training.jsonl is not the file that was written: torn or edited; it is not read"
    assert api.report(own, observer=notes) == own / "report.html"
    assert [told in note for note in notes.said] == [True]
    with pytest.warns(ComparisonWarning, match=told):
        nucleate.compare([own], tmp_path / "one.html")


def test_runs_are_put_on_one_page(made, own, tmp_path):
    page = nucleate.compare([made, own], tmp_path / "both.html")
    assert page == tmp_path / "both.html"
    assert "own" in page.read_text()


def test_states_are_compared_beside_the_page_and_other_tasks_are_warned_of(made, own, tmp_path):
    with pytest.warns(ComparisonWarning, match="fewer than 4 tasks"):
        nucleate.compare([made], tmp_path / "new" / "one.html", states=True, steps=[0, 4])
    table = pd.read_parquet(tmp_path / "new" / "one-states.parquet")
    itself = table[(table["step_a"] == table["step_b"]) & (table["site_a"] == table["site_b"])]
    assert len(itself) == 2 * 4 and itself["value"].to_numpy() == pytest.approx(1.0)
    folder = nucleate.load_run(own).folder
    folder.write_config(folder.read_config().replace("n_tasks = 4", "n_tasks = 5", 1))
    with pytest.warns(ComparisonWarning, match="own has other tasks or prompts than made"):
        nucleate.compare([made, own], tmp_path / "two.html")


def test_a_folder_in_the_place_of_the_page_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept").write_text("kept")
    with pytest.raises(RunFolderError, match="is a folder"):
        nucleate.compare([tmp_path], tmp_path / "mine")
    assert (tmp_path / "mine" / "kept").read_text() == "kept"


def test_nor_is_a_file_of_a_run(made):
    for name in ("manifest.json", "claims.json", "report.html"):
        with pytest.raises(RunFolderError, match="lies among the files of the run"):
            nucleate.compare([made], made.folder.path / name)
    assert nucleate.check(made) == []


@pytest.mark.parametrize("what", ["states", "clusters"])
def test_nor_one_in_the_place_of_a_table_beside_the_page(what, tmp_path):
    (tmp_path / f"page-{what}.parquet").mkdir()
    with pytest.raises(RunFolderError, match=f"page-{what}.parquet is a folder"):
        nucleate.compare([tmp_path], tmp_path / "page.html", **{what: True})


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"position": "foo"}, {}),
        ({"steps": (0,)}, {}),
        ({"split": "train"}, {}),
        ({"sites": ["block.1"]}, {}),
        ({"sites": ["block.1"]}, {"states": True}),
    ],
)
def test_what_is_said_of_states_or_clusters_is_refused_where_they_are_not_asked_for(given, asked, tmp_path):
    (name,) = given
    with pytest.raises(ConfigError, match=f"--{name} goes with .*--clusters"):
        nucleate.compare([tmp_path], tmp_path / "page.html", **given, **asked)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_no_page_can_have_is_refused_before_states_are_compared(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot write"):
        nucleate.compare([made], tmp_path / "file" / "one.html", states=True, steps=[])


def test_one_run_is_not_counted_twice(own, tmp_path):
    with pytest.raises(ConfigError, match="is given twice, and would count as two runs"):
        api.compare([own, own], tmp_path / "c.html")


def test_no_run_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match="got none"):
        nucleate.compare([], tmp_path / "none.html")
    assert not (tmp_path / "none.html").exists()


def test_showing_loads_no_model(own):
    code = f"import nucleate\nnucleate.api.report({str(own)!r})\nnucleate.compare([{str(own)!r}], {str(own / 'c.html')!r})"
    assert not loaded_by(code) & MODEL
