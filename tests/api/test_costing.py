"""What an analysis will cost, for a Python user and on the command line; how it is counted: tests/stages."""

# ruff: noqa: F811 - fixtures of another room
import pytest

from nucleate import api
from nucleate.cli.main import main
from nucleate.errors import ConfigError, CorpusError, ModelError
from tests.models.series.conftest import folder  # noqa: F401 - a fixture
from tests.stages.planning.test_analysis_cost import LEAN


def test_of_a_model_on_this_machine_nothing_is_downloaded_and_a_dry_run_leaves_nothing(
    folder,
    tmp_path,
    capsys,
):
    settings = [f"--set={key}={value}".replace("'", '"') for key, value in LEAN.items()]
    settings += ["--on=ray", "--set=ray.gpus=1"]  # no cluster is asked for a dry run
    out = tmp_path / "out"
    assert (
        main(["analyze", str(folder), "--prompts", "everyday", "--dry-run", "--out", str(out), *settings])
        == 0
    )
    printed = capsys.readouterr().out
    assert "0 kB to download" in printed and "TFLOP" in printed
    assert not list(tmp_path.iterdir())


def test_what_an_analysis_would_refuse_is_refused(folder, tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        api.analysis_cost(folder, tmp_path / "missing.jsonl")
    long = [{"prompt": "so " * 5000, "task": kind} for kind in "aabb"]
    with pytest.raises(ModelError, match="and the model takes"):
        api.analysis_cost(folder, long, overrides=LEAN)
    with pytest.raises(ConfigError, match="about a cluster"):
        api.analysis_cost(folder, "everyday", overrides=["ray.gpus=1"])
    with pytest.raises(ConfigError, match="nonsense"):
        api.analysis_cost(folder, "everyday", overrides={"scoring.nonsense": 1})
