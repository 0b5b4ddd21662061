"""Runs made from Python: what is asked for is what is made."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM

import nucleate
from nucleate import api
from nucleate.errors import ConfigError
from nucleate.stages.observer import Silent
from tests import small_models
from tests.api.conftest import SHORT
from tests.small_tokenizers import byte_level_bpe

LEAN = {
    "scoring": {
        "n_resamples": 5,
        "milestones": 0,
        "n_init": 1,
        "preparations": ["raw"],
        "positions": ["last"],
        "factors": ["task"],
    },
    "unseen.positions": ["last"],
}


def test_nested_and_dotted_overrides_and_the_seed_reach_the_run(made):
    assert (made.settings.seed, made.settings.training.steps, made.settings.scoring.n_resamples) == (3, 4, 5)
    assert made.settings.unseen.n_shuffles == 2
    assert made.table.values("seed") == [3]


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
    assert runs[0].table.where(metric="ari").table["value"] == made.table.where(metric="ari").table["value"]
    assert (tmp_path / "tiny-seeds" / "emergence.png").exists()
    assert max(one.n_judged for one in api.judge_together(runs)) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_model_that_is_an_object_is_analyzed_like_the_folder_that_it_came_from(tmp_path):
    tokenizer = byte_level_bpe()
    small_models.KINDS["Llama"]().save_pretrained(tmp_path / "tiny")
    tokenizer.save_pretrained(tmp_path / "tiny")
    prompts = [
        {"instruction": f"{verb} the {task} of", "input": country, "task": task}
        for task in ("capital", "currency")
        for verb in ("Name", "Tell", "Say")
        for country in ("France", "Japan", "Brazil")
    ]
    how = {"overrides": LEAN | {"model": {"device": "cpu"}}, "seed": 5}  # where the object is
    named = nucleate.analyze(tmp_path / "tiny", prompts, tmp_path / "named", **how)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "tiny").train()
    held = nucleate.analyze(model, prompts, tmp_path / "held", tokenizer=tokenizer, **how)
    assert model.training, "it is left as it came"
    assert (named.settings.seed, held.settings.model.name) == (5, "memory:tiny")
    assert held.table.values("model") == named.table.values("model") == ["tiny"]
    columns = ["step", "site", "factor", "metric", "control", "value"]
    assert held.table.table.select(columns).equals(named.table.table.select(columns))
    again = nucleate.score(held, overrides={"scoring.n_resamples": 6})
    assert again.table.where(metric="ari").table["value"] == held.table.where(metric="ari").table["value"]
    with pytest.raises(nucleate.NucleateError, match="not kept"):
        held.model()


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


def test_a_refused_analysis_changes_no_file(tmp_path, monkeypatch):
    rows = [{"prompt": f"{word} is", "task": task} for task in ("a", "b") for word in ("One", "Two", "Three")]
    with pytest.raises(nucleate.NucleateError):
        nucleate.analyze(tmp_path / "missing", rows, tmp_path / "new" / "out")
    assert not list(tmp_path.rglob("*.*")), "the prompts that were written for it are gone"
    done = tmp_path / "over-prompts.jsonl"
    monkeypatch.setattr("nucleate.experiment.run_analysis", lambda *given, **_: None)
    monkeypatch.setattr("nucleate.api.runs.Run", lambda folder: folder)
    nucleate.analyze("m", rows, tmp_path / "over")
    before = done.read_bytes()
    with pytest.raises(nucleate.NucleateError, match="with other prompts"):
        nucleate.analyze("m", rows[:5], tmp_path / "over")
    assert done.read_bytes() == before
