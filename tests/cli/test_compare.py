"""Runs beside each other on the terminal and on the page: effects of claims between seeds."""

import re

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from nucleate import api
from nucleate.cli.main import main
from nucleate.comparing import clusters as compared_clusters
from nucleate.comparing.clusters import ComparedClusters
from tests.conftest import plant
from tests.planted_runs import planted_run
from tests.report.test_clusters_section import TABLE

TOPS = (0.6, 0.7, 0.8)


@pytest.fixture
def seeds(tmp_path):
    """Three seeds of one kind, whose agreement differs in height."""
    return [
        planted_run(
            tmp_path / f"planted-seed{seed}",
            plant(lambda step, layer, top=top: top * layer / 4 * min(1, step / 100), seed=seed),
            f"seed={seed}",
        )
        for seed, top in enumerate(TOPS, start=1)
    ]


def test_effects_have_students_interval_on_the_terminal_and_on_the_page(seeds, tmp_path, capsys):
    paths = [str(folder.path) for folder in seeds]
    assert main(["compare", *paths, "--out", str(tmp_path / "c.html")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    ((members, claims),) = api.judge_by_kind(paths)
    assert len(members) == 3
    emergence = next(one for one in claims if one.claim == "emergence").effect
    found = [api.load_run(path).claims.query("claim == 'emergence'")["figures"].iloc[0] for path in paths]
    figures = np.array([one[emergence.effect.figure] for one in found])
    low, high = scipy.stats.t.interval(0.95, 2, figures.mean(), scipy.stats.sem(figures))
    assert (emergence.mean, emergence.low, emergence.high) == pytest.approx((figures.mean(), low, high))
    assert f"[{low:.2f}, {high:.2f}]" in printed and "3 seeds together" in printed
    page = (tmp_path / "c.html").read_text()
    cells = re.search(r'<table id="over-seeds".*?</table>', page, re.S)[0]
    assert f"{figures.mean():z.2f}, 95 % between 3 seeds {low:z.2f} to {high:z.2f}".replace("-", "−") in cells


def test_of_kinds_with_one_model_each_no_interval_is_told(seeds, tmp_path, capsys):
    other = planted_run(
        tmp_path / "wider", plant(lambda step, layer: 0.1 * layer, seed=1), "model.n_embd=64", "seed=1"
    )
    assert len(api.judge_by_kind([seeds[0].path, other.path])) == 2
    main(["compare", str(seeds[0].path), str(other.path), "--out", str(tmp_path / "c.html")])
    printed = capsys.readouterr().out
    assert "One model of each kind" in printed and "together" not in printed


def test_changed_clusters_are_told_kept_and_shown(seeds, tmp_path, capsys, monkeypatch):
    asked = {}

    def found(folders, **how):
        asked.update(how, names=[folder.name for folder in folders])
        return ComparedClusters(TABLE, ("base and tuned share 120 of 130 prompts",))

    monkeypatch.setattr(compared_clusters, "compare_clusters", found)
    paths = [str(folder.path) for folder in seeds[:2]]
    out = tmp_path / "c.html"
    assert (
        main(["compare", *paths, "--clusters", "--sites", "block.2", "--steps", "0", "--out", str(out)]) == 0
    )
    assert (asked["names"], asked["sites"], asked["steps"]) == (
        ["planted-seed1", "planted-seed2"],
        ("block.2",),
        (0,),
    )
    printed = capsys.readouterr().out
    assert "share 120 of 130 prompts" in printed and "merged" in printed and "0.75 [0.60, 0.80]" in printed
    assert pd.read_parquet(tmp_path / "c-clusters.parquet").equals(TABLE)
    assert "Clusters before and after" in out.read_text()
