"""End to end, with the `smoke` preset."""

import json
import shlex
import shutil

import pandas as pd
import pytest

import nucleate
from nucleate.errors import ConfigError, RunFolderError
from nucleate.experiment import measure_again
from nucleate.intervene.outcomes.effects import read_effects
from nucleate.models.loading import load_model
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import SCHEMA, Scores
from nucleate.stages.context import settings_of
from nucleate.stages.planning.disk_use import size_of, use_of_training

FEW = (
    "training.steps=6", "scoring.n_resamples=5", "scoring.milestones=1", "scoring.positions=['last_instruction']",
    "scoring.factors=['task']", "unseen.positions=['last_instruction']", "unseen.n_resamples=5",
    "pictures.tsne=false", "figures.formats=['png']",
)  # fmt: skip


@pytest.fixture(scope="module")
def done(finished_smoke, tmp_path_factory):
    return nucleate.load_run(shutil.copytree(finished_smoke, tmp_path_factory.mktemp("runs") / "smoke"))


class Stages:
    def __init__(self):
        self.seen = []

    def on_stage(self, name, what):
        self.seen.append((name, what))

    def on_record(self, record): ...

    def on_checkpoint(self, step, model): ...

    def on_agreement(self, step, agreement): ...

    def on_progress(self, done, total): ...

    def on_note(self, text): ...


def test_the_disk_that_a_run_takes_was_told_within_a_fifth(done):
    settings, corpus = done.settings, done.corpus
    model = load_model(done.folder.checkpoint(12))
    told = use_of_training(settings, corpus, model, size_of(done.folder.corpus))
    assert told.kept == pytest.approx(size_of(done.folder.path), rel=0.2)


def test_the_folder_is_as_the_contract_says(done):
    names = {file.relative_to(done.folder.path).as_posix() for file in done.folder.path.rglob("*")}
    for name in (
        "config.toml",
        "manifest.json",
        "corpus/instances.parquet",
        "corpus/tasks.json",
        "corpus/tokenizer",
        "corpus/README.md",
        "checkpoints/step-00000000/model.safetensors",
        "checkpoints/step-00000012/config.json",
        "training.jsonl",
        "scores.parquet",
        "claims.json",
        "emergence.parquet",
        "figures/emergence.png",
        "figures/emergence.svg",
        "figures/atlas.png",
        "figures/emergence_order.svg",
        "unseen.parquet",
        "interventions.parquet",
        "figures/causes.svg",
        "figures/unseen.png",
    ):
        assert name in names, name
    assert done.folder.problems() == []
    manifest = json.loads(done.folder.manifest_json.read_text())
    assert {stage["status"] for stage in manifest["stages"].values()} == {"done"}
    assert {"seed", "versions", "platform", "threads", "precision", "command"} <= set(manifest)


def test_scores_hold_every_site_position_split_and_step(done):
    scores = done.table
    assert scores.table.schema.equals(SCHEMA)
    steps = done.settings.training.all_checkpoint_steps()
    agreement = scores.where(metric="ari", method="kmeans", control="none", factor="task").to_pandas()
    expected = pd.MultiIndex.from_product(
        [
            steps,
            ["train", "validation"],
            done.settings.scoring.positions,
            ["embed", "block.1", "block.2", "final_norm"],
        ]
    )
    found = pd.MultiIndex.from_frame(agreement[["step", "split", "position", "site"]])
    assert sorted(found) == sorted(expected)
    assert (agreement["ci_low"] <= agreement["ci_high"]).all()
    assert agreement.loc[agreement["site"] == "final_norm", "layer"].isna().all()
    assert set(scores.where(metric="accuracy").values("split")) == {"train", "validation"}


def test_the_untrained_control_is_step_0_beside_every_later_step(done):
    key = ["split", "position", "factor", "site"]
    control = (
        done.table.where(control="untrained", method="kmeans", metric="ari", step=12)
        .to_pandas()
        .set_index(key)["value"]
    )
    untrained = (
        done.table.where(control="none", method="kmeans", metric="ari", step=0)
        .to_pandas()
        .set_index(key)["value"]
    )
    pd.testing.assert_series_equal(control.sort_index(), untrained.sort_index())


def test_a_second_call_does_nothing(done):
    before = {file: file.stat().st_mtime_ns for file in done.folder.path.rglob("*") if file.name != ".lock"}
    observer = Stages()
    nucleate.run("smoke", done.folder.path, observer=observer, command=[])
    assert {what for _, what in observer.seen} == {"is done already"}
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_the_command_in_the_manifest_can_be_given_to_a_shell(done, tmp_path):
    folder = shutil.copytree(done.folder.path, tmp_path / "my run")
    command = ["nucleate", "run", "smoke", "--set", 'figures.formats=["png"]', "--out", str(folder)]
    again = nucleate.run("smoke", folder, command=command)
    assert shlex.split(json.loads(again.folder.manifest_json.read_text())["command"]) == command


@pytest.mark.shapes
def test_same_seed_same_scores(done, tmp_path):
    again = nucleate.run("smoke", tmp_path / "smoke")
    assert again.table.table.equals(done.table.table)
    assert again.verdicts == done.verdicts
    for name in ("corpus/instances.parquet", "checkpoints/step-00000012/model.safetensors"):
        assert (again.folder.path / name).read_bytes() == (done.folder.path / name).read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("drawn")
def test_scores_and_pictures_are_the_same_from_several_processes(done, tmp_path, monkeypatch):
    folder = RunFolder.open(shutil.copytree(done.folder.path, tmp_path / "smoke"))
    for stage in ("scoring", "claims", "figures", "report"):
        folder.manifest["stages"].pop(stage)
    folder.manifest_json.write_text(json.dumps(folder.manifest))
    monkeypatch.setattr("nucleate.stages.looking.MANY_EXAMPLES", 0)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    measure_again(folder, "scoring", [], Stages())
    assert nucleate.load_run(folder.path).table.table.equals(done.table.table)
    for file in [*done.folder.projections.iterdir(), *done.folder.figures.iterdir()]:
        assert (folder.path / file.relative_to(done.folder.path)).read_bytes() == file.read_bytes()


def test_scoring_again_changes_scores_and_settings_alone(done, tmp_path):
    run = nucleate.load_run(shutil.copytree(done.folder.path, tmp_path / "run"))
    weights = run.folder.outputs_digest("training")
    measure_again(
        RunFolder.open(run.folder.path),
        "scoring",
        ["scoring.positions=['input']", "claims.position=input"],
        Stages(),
    )
    again = nucleate.load_run(run.folder.path)
    assert again.table.where(metric="ari").values("position") == ["input"]
    assert settings_of(again.folder).scoring.positions == ("input",)
    assert again.folder.outputs_digest("training") == weights
    with pytest.raises(ConfigError, match="not about scoring"):
        measure_again(again.folder, "scoring", ["training.steps=9"], Stages())


def test_an_analysis_again_changes_its_own_files_and_settings_alone(done, tmp_path):
    shutil.copytree(done.folder.path, tmp_path / "run")
    run = nucleate.load_run(tmp_path / "run")
    stages = ("training", "scoring", "unseen", "intervene", "report")
    before = {name: run.folder.outputs_digest(name) for name in stages}
    measure_again(RunFolder.open(run.folder.path), "intervene", ["intervene.n_steps=2"], Stages())
    again = nucleate.load_run(run.folder.path)
    assert set(read_effects(again.folder.interventions)["step"]) == {0, 12}
    changed = {name for name, digest in before.items() if again.folder.outputs_digest(name) != digest}
    assert changed == {"intervene", "report"}, "the page shows what is in the folder now"
    measure_again(RunFolder.open(run.folder.path), "unseen", ["unseen.positions=['input']"], Stages())
    again = nucleate.load_run(run.folder.path)
    assert Scores.read(again.folder.unseen).where(method="nearest_centroid").values("position") == ["input"]
    assert settings_of(again.folder).intervene.n_steps == 2
    assert {"unseen", "causal"} <= {one.claim for one in again.verdicts}
    with pytest.raises(ConfigError, match="not about unseen"):
        measure_again(again.folder, "unseen", ["intervene.n_steps=3"], Stages())


@pytest.mark.usefixtures("drawn")
def test_a_corpus_with_nobody_to_pair_still_has_its_run(tmp_path):
    observer = Stages()
    run = nucleate.run("smoke", tmp_path / "run", overrides=[*FEW, "corpus.n_tasks=3"], observer=observer)
    assert any(what.startswith("is left out: interventions compare four") for _, what in observer.seen)
    assert "intervene" not in run.folder.manifest["stages"]
    assert not (run.folder.figures / "causes.png").exists()
    assert {one.verdict for one in run.verdicts if one.claim == "causal"} == {"not measured"}


def test_a_harmed_checkpoint_is_not_scored(done, tmp_path):
    run = nucleate.load_run(shutil.copytree(done.folder.path, tmp_path / "run"))
    weights = run.folder.checkpoint(12) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"abcd")
    scores = run.folder.scores.read_bytes()
    with pytest.raises(RunFolderError, match=r"model\.safetensors"):
        measure_again(RunFolder.open(run.folder.path), "scoring", ["scoring.n_init=2"], Stages())
    assert run.folder.scores.read_bytes() == scores
