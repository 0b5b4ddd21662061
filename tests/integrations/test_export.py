"""Points leave as they are on the page, with the states that they are pictures of."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.neighbors import NearestNeighbors

from nucleate import load_run
from nucleate.capture.hidden_states import HiddenStates
from nucleate.cli.main import main
from nucleate.errors import ConfigError, RunFolderError, ScoresError
from nucleate.integrations import export as exporting
from nucleate.integrations.export import export
from nucleate.pictures.points_table import FRAMES_SCHEMA, Projections
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import AnalysisSettings

N = 14
INSTANCES = np.arange(N)[::-1] * 2
STATES = np.random.default_rng(0).normal(size=(2 * N, 2, 1, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    settings = AnalysisSettings.from_mapping(
        {
            "model": {"name": "m"},
            "prompts": {"file": "p", "sha256": "0" * 64},
            "scoring": {"positions": ["last"], "tsne_positions": ["last"], "factors": ["task"]},
            "claims": {"position": "last", "factor": "task"},
        },
        "here",
    )
    folder = RunFolder.create(tmp_path_factory.mktemp("runs") / "mine", settings.to_toml())
    places = [("pca", 0, N), ("pca", 8, N), ("tsne", 8, N - 2)]
    frames = [
        {"embedding": embedding, "step": step, "position": "last", "site": site, "x": [step + i for i in range(n)],
         "y": [0.5] * n, "cluster": [i % 2 for i in range(n)]}
        for embedding, step, n in places
        for site in ("embed", "block.1")
    ]  # fmt: skip
    examples = pa.table(
        {
            "instance": INSTANCES,
            "prompt": [f"say {i}" for i in INSTANCES],
            "task": ["a", "b"] * (N // 2),
            "split": ["train"] * N,
            "predicted": [["x", "y"]] * N,
        }
    )
    with folder.locked(), folder.stage("scoring", "inputs"), folder.commit(folder.projections) as path:
        Projections(examples, pa.Table.from_pylist(frames, schema=FRAMES_SCHEMA)).write(path)
    return folder.path


@pytest.fixture
def states(monkeypatch):
    """Which states were asked for; a row of the corpus has the state of its number."""
    asked = []

    def states_of(step, rows, positions):
        asked.append((step, len(rows)))
        nothing = np.zeros(len(rows), dtype=int)
        split = np.array(["train"] * len(rows))
        return HiddenStates(
            STATES[rows] + step, ("embed", "block.1"), positions, split, {}, nothing, nothing, step
        )

    monkeypatch.setattr(exporting, "look_into", lambda _: SimpleNamespace(states=states_of))
    return asked


def test_the_picture_of_the_last_block_at_the_last_step_is_the_one(folder, tmp_path):
    points = pd.read_parquet(export(folder, "atlas", tmp_path / "p.parquet"))
    assert points[["embedding", "step", "site"]].drop_duplicates().to_numpy().tolist() == [
        ["tsne", 8, "block.1"]
    ]
    assert points["x"].tolist() == [8 + i for i in range(N - 2)]
    assert points["text"].tolist() == [f"say {i}" for i in INSTANCES[:-2]]
    assert set(points["predicted"]) == {"y"}, "what was answered at that step"


@pytest.mark.parametrize("to", ["atlas", "csv"])
def test_a_folder_of_the_users_is_not_replaced_by_points(folder, tmp_path, to):
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "thesis.txt").write_text("precious")
    for taken in (tmp_path / "keep", folder):
        before = sorted(file.name for file in taken.rglob("*"))
        with pytest.raises(RunFolderError, match="is a folder"):
            export(folder, to, taken)
        assert sorted(file.name for file in taken.rglob("*")) == before
    assert main(["export", str(folder), "--to", to, "--out", f"{tmp_path / 'keep'}/"]) == 2
    assert (tmp_path / "keep" / "thesis.txt").read_text() == "precious"


def test_nor_is_a_file_of_a_run(folder):
    before = (folder / "manifest.json").read_bytes()
    for name in ("manifest.json", "projections/points.csv"):
        with pytest.raises(RunFolderError, match="lies among the files of the run"):
            export(folder, "csv", folder / name)
    assert (folder / "manifest.json").read_bytes() == before


def test_all_pictures_or_those_of_a_place(folder, tmp_path):
    whole = pd.read_csv(export(folder, "csv", tmp_path / "p.csv", every=True))
    assert len(whole) == 2 * (2 * N + N - 2)
    early = pd.read_csv(export(load_run(folder), "csv", tmp_path / "p.csv", every=True, step=0, site="embed"))
    assert len(early) == N and set(early["embedding"]) == {"pca"}
    assert main(["export", str(folder), "--to", "csv", "--step", "0"]) == 0
    assert len(pd.read_csv(folder.with_name("mine-points.csv"))) == N


def test_vectors_and_neighbors_are_of_the_states(folder, states, tmp_path):
    points = pd.read_parquet(export(folder, "atlas", tmp_path / "p.parquet", extra=("vectors", "neighbors")))
    own = STATES[INSTANCES[:-2], 1, 0] + 8
    np.testing.assert_array_equal(np.stack(points["vector"]), own)
    distances, ids = NearestNeighbors(n_neighbors=10).fit(own).kneighbors()
    for row, i, d in zip(points["neighbors"], ids, distances, strict=True):
        assert row["ids"].tolist() == i.tolist() and row["distances"] == pytest.approx(d)
    states.clear()
    table = pd.read_csv(export(folder, "csv", tmp_path / "p.csv", every=True, extra=("vectors",)))
    assert sorted(states) == [(0, N), (8, N)], "each step is read once"
    first = table[(table["embedding"] == "pca") & (table["step"] == 0) & (table["site"] == "embed")].iloc[0]
    np.testing.assert_allclose(
        list(map(float, first["vector"].split())), STATES[INSTANCES[0], 0, 0], rtol=1e-5
    )


def test_annotated_data_has_states_labels_and_pictures(folder, states, tmp_path):
    anndata = pytest.importorskip("anndata")
    held = anndata.read_h5ad(export(folder, "anndata", tmp_path / "p.h5ad", embedding="pca"))
    np.testing.assert_array_equal(held.X, STATES[INSTANCES, 1, 0] + 8)
    assert held.obs["task"].tolist() == ["a", "b"] * (N // 2)
    assert held.obsm["X_pca"][:, 0].tolist() == [8 + i for i in range(N)]
    every = anndata.read_h5ad(export(folder, "anndata", tmp_path / "p.h5ad", embedding="pca", every=True))
    assert set(every.obsm) == {"X_pca", "X_pca_8_last_embed", "X_pca_0_last_embed", "X_pca_0_last_block.1"}


def test_what_is_not_there_is_named(folder, tmp_path, monkeypatch):
    for error, what, how in (
        (ScoresError, "no picture of step=5", {"to": "csv", "step": 5}),
        (ConfigError, "no format 'xls'", {"to": "xls"}),
        (ConfigError, "neighbors are of one picture", {"to": "csv", "every": True, "extra": ("neighbors",)}),
        (RunFolderError, "no finished corpus", {"to": "csv", "extra": ("vectors",)}),
    ):
        with pytest.raises(error, match=what):
            export(folder, out=tmp_path / "p", **how)
    monkeypatch.setitem(sys.modules, "anndata", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="needs the package anndata"):
        export(folder, "anndata", tmp_path / "p")
    assert not (tmp_path / "p").exists()
