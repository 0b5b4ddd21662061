"""Planted structure from arrays to the page: clusters that grow with steps and layers are found as such."""

import numpy as np
import pytest

import nucleate
from nucleate.cli.main import main
from nucleate.errors import RunFolderError

FEW = ["scoring.n_resamples=20", "scoring.milestones=0", "scoring.n_init=2"]
STEPS, N = (0, 10, 20, 30, 40), 240


@pytest.fixture(scope="module")
def planted():
    """Labels pull states apart the more the later and the higher; at step 0 and in the embeddings not at all."""
    rng = np.random.default_rng(0)
    labels = np.arange(N) % 4
    pull = np.array([0.0, 1.0, 3.0, 3.0, 3.0])[:, None] * np.array([0.0, 0.12, 2.0])
    centers = rng.normal(size=(4, 16))
    states = rng.normal(size=(5, 3, N, 16)) + pull[:, :, None, None] * centers[labels]
    return (
        states,
        [f"task {label}" for label in labels],
        np.where(np.arange(N) % 8 < 4, "train", "validation"),
    )


@pytest.fixture(scope="module")
def scored(planted, tmp_path_factory):
    states, labels, split = planted
    out = tmp_path_factory.mktemp("runs") / "mine"
    how = {"steps": STEPS, "split": split, "text": [f"word{i % 3}" for i in range(N)], "overrides": FEW}
    return nucleate.score(states, {"task": labels}, out=out, **how)


def test_scores_have_intervals_and_controls(scored):
    rows = scored.table.where(metric="ari", method="kmeans", factor="task", split="validation")
    assert set(rows.values("control")) >= {"none", "untrained", "shuffled_labels", "bag_of_tokens"}
    own = rows.where(control="none").to_pandas().set_index(["site", "step"])
    assert own.loc[("block.2", 40), "value"] > 0.95
    assert own.loc[("block.2", 40), "ci_low"] > 0.8
    assert abs(own.loc[("embed", 40), "value"]) < 0.15
    assert abs(own.loc[("block.2", 0), "value"]) < 0.15


def test_verdicts_are_of_what_needs_no_model(scored):
    verdicts = {one.claim: one.verdict for one in scored.verdicts}
    assert [verdicts[name] for name in ("emergence", "depth", "baseline", "generalisation")] == ["holds"] * 4
    assert {verdicts[name] for name in ("unseen", "causal")} == {"not measured"}


def test_there_are_figures_and_a_page_and_all_is_whole(scored, planted, tmp_path):
    path = scored.folder.path
    assert (path / "figures" / "emergence.svg").is_file()
    assert "task 3" in (path / "report.html").read_text()
    assert main(["check", str(path)]) == 0
    before = scored.folder.report.stat().st_mtime_ns
    states, labels, split = planted
    how = {"steps": STEPS, "split": split, "text": [f"word{i % 3}" for i in range(N)], "overrides": FEW}
    nucleate.score(states, {"task": labels}, out=path, **how)
    assert scored.folder.report.stat().st_mtime_ns == before, "the same arrays are done already"


def test_one_step_of_some_sites(planted, tmp_path):
    states, labels, _ = planted
    how = {"sites": ["embed", "block.6", "final_norm"], "out": tmp_path / "one", "overrides": FEW}
    run = nucleate.score(states[-1], labels, **how)
    found = run.table.where(metric="ari", control="none").to_pandas().set_index("site")["value"]
    assert found["final_norm"] > 0.95 > 0.2 > found["embed"]
    assert run.folder.report.is_file()


def test_what_needs_the_arrays_again_says_so(scored):
    for verb in (nucleate.score, nucleate.unseen, nucleate.Run.hidden_states, nucleate.Run.model):
        with pytest.raises(RunFolderError, match="scored from arrays, which are not kept"):
            verb(scored)


def test_a_page_of_arrays_has_pictures_of_the_place_that_is_judged(scored):
    assert {"pca", "tsne"} <= set(scored.projections["embedding"])


def test_twins_of_a_label_score_alike_whatever_they_are_called_and_groups_are_no_label(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 4
    states = rng.normal(size=(80, 8)) + 4 * rng.normal(size=(4, 8))[labels]
    twins = {"task": labels, "instruction": labels}
    how = {"groups": np.arange(80) // 2, "out": tmp_path / "twins", "overrides": ["scoring.n_resamples=20"]}
    rows = nucleate.score(states, twins, **how).table.where(control="none").to_pandas()
    values = rows.set_index(["factor", "method", "metric", "preparation", "site"])["value"]
    assert values["task"]["kmeans"]["ari"].max() == 1.0
    assert values["instruction"].dropna().to_dict() == values["task"].dropna().to_dict()


def test_a_site_whose_states_are_all_one_is_scored_and_shown(tmp_path):
    """Prompts that end in the same token, at the embeddings of a model without added positions."""
    rng, labels = np.random.default_rng(0), np.arange(60) % 4
    states = rng.normal(size=(2, 60, 8)) + 3 * rng.normal(size=(4, 8))[labels]
    states[0] = 0.1
    made = nucleate.score(states, labels, out=tmp_path / "one", overrides=[*FEW, "figures.formats=['png']"])
    rows = made.table.where(metric="ari", method="kmeans", control="none", preparation="raw").to_pandas()
    assert rows.groupby("site")["value"].max()["embed"] == 0.0
    assert made.folder.report.is_file()
    pictures = made.projections.set_index(["embedding", "site"])
    assert set(pictures.loc[("tsne", "embed"), "x"]) == {0.0}


def test_clusters_of_its_pictures_have_as_many_starts_as_claims(planted, tmp_path, monkeypatch):
    class AskedError(Exception): ...

    def projector(*given):
        raise AskedError(given[3])

    monkeypatch.setattr("nucleate.arrays.array_run.Projector", projector)
    states, labels, _ = planted
    with pytest.raises(AskedError, match=r"^7$"):
        nucleate.score(states, {"task": labels}, out=tmp_path, overrides=[*FEW, "scoring.n_init_settled=7"])
