"""Several seeds: sibling folders, one joint table, one summary. The verb is tested here, where it is at home."""

import json
import shutil

import pytest

from nucleate.api import load_runs, run_seeds
from nucleate.claims.verdicts import claims_over_runs
from nucleate.cli.main import main
from nucleate.errors import ConfigError, ScoresError
from nucleate.figures.spread import n_runs
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.sweep.seeds import joint_scores, plan_seeds

SHORT = [
    "training.steps=4", "scoring.n_resamples=5", "scoring.positions=['last_instruction']", "pictures.tsne=false",
    "intervene.in_run=false", "unseen.positions=['last_instruction']", "unseen.n_resamples=5", "unseen.n_shuffles=2",
]  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    run_seeds("smoke", folder, 2, overrides=[*SHORT, "seed=3"])
    return folder


def folders(out):
    return sorted(folder for folder in out.parent.iterdir() if (folder / "config.toml").exists())


def test_every_seed_has_a_sibling_folder_and_its_own_settings(out):
    assert [folder.name for folder in folders(out)] == ["tiny-seed3", "tiny-seed4"]
    assert [one.settings.seed for one in load_runs(folders(out))] == [3, 4]
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in folders(out)]
    assert [manifest["seed"] for manifest in manifests] == [3, 4]


def test_the_joint_table_tells_the_runs_apart(out):
    runs = load_runs(folders(out))
    scores = joint_scores([one.folder for one in runs])
    assert len(scores) == sum(len(one.scores) for one in runs)
    assert n_runs(scores) == 2
    assert scores.where(seed=4).values("run") == ["tiny-seed4"]


def test_runs_of_one_name_and_seed_are_refused(out, tmp_path):
    shutil.copytree(folders(out)[0], tmp_path / "tiny-seed3")
    with pytest.raises(ScoresError, match="both named tiny-seed3"):
        joint_scores([RunFolder.open(each) for each in (folders(out)[0], tmp_path / "tiny-seed3")])


def test_the_command_goes_on_from_these_runs_and_sums_up(out, capsys):
    overrides = [part for one in SHORT for part in ("--set", one)]
    assert main(["run", "smoke", "--out", str(out), "--seed", "3", "--seeds", "2", *overrides]) == 0
    printed = capsys.readouterr().out
    assert "2 seeds together" in printed
    summary = claims_over_runs([one.verdicts for one in load_runs(folders(out))], "last_instruction")
    effect = summary[0].effect
    assert f"{effect.mean:5.2f}" in printed and f"[{effect.low:.2f}, {effect.high:.2f}]" in printed
    mean, low, high = summary[0].figures["value"]
    assert f"{mean:z.2f} [{low:z.2f}, {high:z.2f}]" in " ".join(printed.split())
    assert (out.with_name("tiny-seeds") / "emergence.png").exists()


def test_no_seed_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match="one seed or more"):
        plan_seeds(resolve("smoke"), tmp_path / "x", 0)
