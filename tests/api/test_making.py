"""Runs made from Python: what is asked for is what is made."""

from contextlib import contextmanager
from pathlib import Path

import pytest

import nucleate
from nucleate import api
from nucleate.errors import ConfigError
from nucleate.stages.observer import Silent
from tests.api.conftest import SHORT


def test_nested_and_dotted_overrides_and_the_seed_reach_the_run(made):
    assert (made.settings.seed, made.settings.training.steps, made.settings.scoring.n_resamples) == (3, 4, 5)
    assert made.settings.unseen.n_shuffles == 2
    assert made.scores.values("seed") == [3]


def test_without_out_a_run_lies_where_the_command_puts_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = api.make_corpus("smoke", Path("runs") / "smoke", overrides=SHORT)
    assert made.corpus.table.num_rows > 0
    with pytest.raises(nucleate.NucleateError, match="holds a run with other settings"):
        nucleate.run("smoke", seed=9)


def test_settings_have_no_name_so_their_folder_must_be_given():
    with pytest.raises(ConfigError, match="no folder for the run"):
        nucleate.run(api.resolve("smoke"))


def test_a_corpus_alone_is_gone_on_from(tmp_path, made):
    alone = api.make_corpus(made.settings, tmp_path / "made")
    table = "corpus/instances.parquet"
    assert (alone.folder.path / table).read_bytes() == (made.folder.path / table).read_bytes()


def test_seeds_are_watched_one_by_one_and_drawn_together(tmp_path, made):
    seen = []

    @contextmanager
    def watch(settings, folder):
        seen.append((settings.seed, folder.name, "begins"))
        yield Silent()
        seen.append((settings.seed, folder.name, "ends"))

    runs = nucleate.run_seeds("smoke", tmp_path / "tiny", 2, overrides=SHORT, seed=3, watch=watch)
    assert seen == [(seed, f"tiny-seed{seed}", what) for seed in (3, 4) for what in ("begins", "ends")]
    assert [run.settings.seed for run in runs] == [3, 4]
    assert runs[0].scores.where(metric="ari").table["value"] == made.scores.where(metric="ari").table["value"]
    assert (tmp_path / "tiny-seeds" / "emergence.png").exists()
    assert max(one.n_judged for one in api.judge_together(runs)) == 2


@pytest.mark.parametrize(
    ("model", "name"), [("Qwen/Qwen2.5-0.5B", "Qwen2.5-0.5B"), ("a/b.gguf", "b"), (".", "here")]
)
def test_an_analysis_is_named_by_the_whole_name_of_its_model(made, tmp_path, monkeypatch, model, name):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    asked = []
    monkeypatch.setattr(
        "nucleate.experiment.run_analysis", lambda *given, **_: asked.append(given[2]) or made.folder
    )
    api.analyze(model, "prompts.jsonl")
    assert asked == [Path("runs") / name]
