"""Curves and phase diagrams: what is averaged, and which files there are."""

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from nucleate.sweep.results.diagrams import at_top, cells_of, curve_of, draw_diagrams

AXES = ["corpus.n_dialects", "model.n_layer", "training.objective"]


@pytest.fixture
def measures():
    """Agreement is layer + 10 x dialects + seed / 10; one axis has one value."""
    rows = []
    for dialects, depth, seed in itertools.product((1, 2), (2, 3), (1, 2, 3)):
        of_run = {
            "run": f"{dialects}{depth}{seed}",
            "seed": seed,
            **dict(zip(AXES, (dialects, depth, "answer"), strict=True)),
        }
        for layer in range(depth + 1):
            value = layer + 10 * dialects + seed / 10
            rows.append({**of_run, "layer": layer, "measure": "agreement (ARI)", "value": value})
        rows.append({**of_run, "layer": None, "measure": "task accuracy", "value": 0.5})
        rows.append(
            {**of_run, "layer": depth, "measure": "half-rise (step)", "value": None if dialects == 2 else 7.0}
        )
    return pd.DataFrame(rows).astype({"layer": "Int64", "value": float})


def test_the_top_layer_is_each_points_own(measures):
    top = at_top(measures).query("measure == 'agreement (ARI)'")
    assert (top["layer"] == top["model.n_layer"]).all() and len(top) == 12
    assert len(at_top(measures).query("measure == 'task accuracy'")) == 12


def test_a_cell_is_the_mean_over_seeds(measures):
    top = at_top(measures).query("measure == 'agreement (ARI)'")
    cells = cells_of(top, "corpus.n_dialects", "model.n_layer")
    assert cells.loc[3, 2] == pytest.approx(3 + 20 + 0.2) and cells.loc[2, 1] == pytest.approx(2 + 10 + 0.2)
    never = cells_of(measures.query("measure == 'half-rise (step)'"), "corpus.n_dialects", "model.n_layer")
    assert never[1].eq(7.0).all() and never[2].isna().all()


def test_an_interval_is_between_seeds_and_other_axes_are_no_repetitions(measures):
    curve = curve_of(measures.query("measure == 'agreement (ARI)' and layer == 1"), "corpus.n_dialects")
    seeds = np.array([0.1, 0.2, 0.3])
    half = scipy.stats.t.ppf(0.975, 2) * scipy.stats.sem(seeds)
    assert curve.loc[2, "mean"] == pytest.approx(21 + 0.2) and curve.loc[2, "count"] == 3
    assert curve.loc[2, "half"] == pytest.approx(half)
    assert curve_of(measures.query("seed == 1 and layer == 1"), "corpus.n_dialects")["half"].eq(0).all()


def test_every_axis_has_curves_and_every_pair_a_diagram(measures, tmp_path):
    draw_diagrams(measures, AXES, tmp_path)
    drawn = {"curves-corpus.n_dialects", "curves-model.n_layer", "phase-corpus.n_dialects-model.n_layer"}
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{name}.{end}" for name in drawn for end in ("svg", "png")
    }
