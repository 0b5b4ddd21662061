"""Several seeds: sibling folders, one joint table, one summary. The verb is tested here, where it is at home."""

import json
import shutil

import pytest

from nucleate.api import load_runs, run_seeds
from nucleate.claims.settings import ClaimSettings
from nucleate.claims.verdicts import claims_over_runs
from nucleate.cli.main import main
from nucleate.errors import ConfigError, RunFolderError, ScoresError
from nucleate.figures.spread import n_runs
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.sweep import seeds
from nucleate.sweep.seeds import draw_joint_figures, joint_scores, plan_seeds
from tests.conftest import plant

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


def test_what_lies_beside_the_joint_figures_stays(tmp_path, monkeypatch):
    """The folder's name is made from the run's: it may be one that a user had already."""
    monkeypatch.setattr(seeds, "joint_scores", lambda folders: plant(lambda *_: 0.5))
    monkeypatch.setattr(seeds, "draw_figures", lambda scores, path, view: _draw(path))
    joint = tmp_path / "thesis-seeds"
    joint.mkdir()
    (joint / "chapter.tex").write_text("precious")
    (joint / "emergence.png").write_text("old")
    draw_joint_figures([], tmp_path / "thesis", ClaimSettings(position="input", factor="task"))
    assert {file.name: file.read_text() for file in joint.iterdir()} == {
        "chapter.tex": "precious",
        "emergence.png": "drawn",
    }
    assert [file.name for file in tmp_path.iterdir()] == ["thesis-seeds"]


def _draw(folder):
    folder.mkdir()
    (folder / "emergence.png").write_text("drawn")


def test_a_file_in_the_place_of_the_joint_figures_is_found_before_any_run(tmp_path):
    (tmp_path / "x-seeds").write_text("mine")
    with pytest.raises(RunFolderError, match="is a file"):
        plan_seeds(resolve("smoke"), tmp_path / "x", 2)


def test_no_seed_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match="one seed or more"):
        plan_seeds(resolve("smoke"), tmp_path / "x", 0)
