"""Every door of the program as a short script that runs as it stands."""

import importlib.util
import runpy
import sys
from pathlib import Path

import pytest

from nucleate.scores import Scores

ROOT = Path(__file__).parents[1]
FOR_OTHERS = "small_llama"
"""What the others take in the place of a user's own model; no example."""
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if path.stem != FOR_OTHERS)
NEEDS = {"with_transformer_lens": "transformer_lens", "with_nnsight": "nnsight"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore", "error::UserWarning")
def test_it_runs_and_leaves_a_page(path, tmp_path, monkeypatch):
    if path.stem in NEEDS and importlib.util.find_spec(NEEDS[path.stem]) is None:
        pytest.skip(f"{NEEDS[path.stem]} is not installed")
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) <= 20
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(path.parent)
    monkeypatch.setattr(sys, "argv", [str(path), str(tmp_path / "out")])
    runpy.run_path(str(path), run_name="__main__")
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize("name", ["polars", "duckdb"])
def test_a_line_of_the_docs_reads_the_scores(name, finished_smoke):
    module = pytest.importorskip(name)
    page = (ROOT / "docs" / "with-other-tools.md").read_text(encoding="utf-8")
    (line,) = [one for one in page.splitlines() if one.startswith(f"{name}.")]
    found = eval(line.replace("runs/quick", str(finished_smoke)), {name: module})
    scores = Scores.read(finished_smoke / "scores.parquet")
    if name == "polars":
        assert found["value"].to_list() == scores.values("value")
    else:
        assert {site for site, _ in found.fetchall()} == set(scores.where(metric="ari").values("site"))
