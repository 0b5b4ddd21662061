"""What is planted in scores must be read off them."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from nucleate.scores import Score, Scores
from nucleate.scoring.emergence import emergence_table, over_seeds
from nucleate.view import View

STEPS = np.array([0.0, 10, 20, 50, 100, 150, 200])


def test_the_table_reads_off_what_was_planted(planted_scores):
    def peaked(step, layer):
        return 0.1 + 0.2 * layer * min(step / 50, 1.0) * (1.0 if step <= 100 else 0.5)

    table = emergence_table(
        planted_scores(
            peaked,
            splits=["train"],
            accuracy=lambda step: min(step / 20, 1),
            loss_fallen=lambda step: min(step / 100, 1),
        ),
        View(),
    )
    rows = table.set_index("layer")
    top = rows.loc[4]
    assert (top["onset"], top["half_rise"], top["lag"]) == (5, pytest.approx(25), pytest.approx(25 - 10))
    assert top["lag_loss"] == pytest.approx(25 - 50)
    assert (top["peak"], top["overshoot"]) == (pytest.approx(0.9), pytest.approx(0.4))
    assert top["level"] == pytest.approx((0.9 + 0.5 + 0.5) / 3)
    assert top["level_excess"] == pytest.approx(top["level"] - 0.1)
    flat = rows.loc[0]
    assert pd.isna(flat["onset"]) and pd.isna(flat["half_rise"]) and pd.isna(flat["lag"])
    assert flat["overshoot"] == 0
    accuracy = table[table["metric"] == "accuracy"].iloc[0]
    assert accuracy["half_rise"] == pytest.approx(10) and pd.isna(accuracy["lag"])


def test_a_fall_within_the_intervals_is_no_overshoot(planted_scores):
    def wobbly(step, layer):
        return 0.9 - 0.04 * (step == 200) if step else 0.1

    assert (emergence_table(planted_scores(wobbly, spread=0.03), View())["overshoot"] == 0).all()


def test_runs_are_followed_apart_and_the_interval_between_them_told(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer, whole=whole: 0.1 + 0.2 * layer * min(step / whole, 1.0), seed=seed)
        for seed, whole in ((1, 50), (2, 100), (3, 150))
    )
    spread = over_seeds(emergence_table(scores, View()))
    top = spread[(spread["layer"] == 4) & (spread["split"] == "train")].set_index("measure")
    half = top.loc["half_rise"]
    low, high = scipy.stats.t.interval(0.95, 2, 50, scipy.stats.sem([25, 50, 75]))
    assert low < 0, "before the first step nothing rises"
    assert (half["mean"], half["low"], half["high"]) == pytest.approx((50, 0, high))
    assert (half["n"], half["n_runs"]) == (3, 3)
    bottom = spread[(spread["layer"] == 0) & (spread["measure"] == "onset")]
    assert (bottom["n"] == 0).all() and (bottom["n_runs"] == 3).all()


def test_no_interval_between_seeds_leaves_where_its_measure_can_lie(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer, top=top: top * layer / 4 * min(step / 50, 1.0), seed=seed)
        for seed, top in enumerate((0.2, 0.98, 0.99), start=1)
    )
    spread = over_seeds(emergence_table(scores, View()))
    top = spread[(spread["layer"] == 4) & (spread["split"] == "train")].set_index("measure")
    assert top.loc[["level", "peak"], "high"].tolist() == [1.0, 1.0]
    assert top.loc["overshoot", "low"] == 0 and top.loc["late_gain", "low"] <= 0
    assert top.loc["level_excess", "high"] > 1.0, "a difference, of which the control may be negative"


def test_the_table_follows_what_the_view_looks_at(planted_scores):
    raw = planted_scores(lambda step, layer: 0.1)
    rising = planted_scores(lambda step, layer: 0.1 + 0.2 * layer * step / 200)
    prepared = Scores.from_rows(Score(**{**row, "preparation": "standardise"}) for row in rising)
    found = emergence_table(Scores.concatenate([raw, prepared]), View(preparation="standardise"))
    of_states = found[found["site"] != ""]
    assert set(of_states["preparation"]) == {"standardise"}
    assert of_states["peak"].max() == pytest.approx(0.9)


def test_a_single_step_has_no_emergence(planted_scores):
    assert emergence_table(planted_scores(lambda step, layer: 0.5, steps=(0,)), View()).empty
