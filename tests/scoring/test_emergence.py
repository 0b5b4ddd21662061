"""What is planted in scores must be read off them."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from nucleate.scores import Score, Scores
from nucleate.scoring.emergence import (
    emergence_table,
    excess,
    excess_of,
    over_seeds,
)
from nucleate.view import View

STEPS = np.array([0.0, 10, 20, 50, 100, 150, 200])


def test_excess_is_over_the_strongest_control_and_its_interval_over_all(planted_scores):
    scores = planted_scores(lambda step, layer: 0.1 + 0.2 * layer * (step > 0), bag=0.3, splits=["train"])
    found = excess(scores.where(metric="ari", site="block.4")).set_index("step")
    assert set(found["control"]) == {"bag_of_tokens"}
    assert found.loc[200, "excess"] == pytest.approx(0.9 - 0.3)
    assert found.loc[200, "excess_low"] == pytest.approx(0.87 - 0.33)
    assert found.loc[200, "excess_high"] == pytest.approx(0.93 - 0.3)
    assert found.loc[0, "excess"] == pytest.approx(0.1 - 0.3)


def test_a_weaker_control_with_a_wider_interval_raises_the_level_to_pass(planted_scores):
    scores = planted_scores(lambda step, layer: 0.5, splits=["train"], steps=(5, 10)).to_pandas()
    wide = scores["control"] == "shuffled_labels"
    scores.loc[wide, "ci_high"] = 0.9
    weak = Scores.from_rows(_rows(scores[(scores["metric"] == "ari") & (scores["control"] != "untrained")]))
    found = excess(Scores.concatenate([weak, _as_control(weak, 0.2)]))
    assert set(found["control"]) == {"bag_of_tokens"}
    np.testing.assert_allclose(found["control_high"], 0.9)
    np.testing.assert_allclose(found["excess"], 0.3)


def test_nothing_exceeds_its_controls_before_training(planted_scores):
    scores = planted_scores(lambda step, layer: 0.7).where(control="none", metric="ari")
    found = excess(scores)
    start = found[found["step"] == 0]
    assert (start["excess"] == 0).all() and (start["excess_low"] < 0).all()
    assert found.loc[found["step"] > 0, "excess"].isna().all()


def test_labels_without_meaning_are_a_level_to_pass_and_no_control_of_agreement(planted_scores):
    """Agreement is about 0 for them by construction: left alone they would make any figure an excess."""
    scores = planted_scores(lambda step, layer: 0.5, splits=["train"], steps=(5, 10))
    scores = scores.where(metric="ari", control=["none", "shuffled_labels"])
    alone = excess(scores)
    assert alone["excess"].isna().all() and alone["excess_low"].isna().all()
    with_bag = excess(Scores.concatenate([scores, _as_control(scores, -0.1)]))
    assert set(with_bag["control"]) == {"bag_of_tokens"}
    np.testing.assert_allclose(with_bag["excess"], 0.6)
    np.testing.assert_allclose(with_bag["excess_low"], 0.47 - 0.03)


def test_where_lower_is_better_the_lowest_control_is_the_strongest(planted_scores):
    """Separation falls from 4 to 1; token counts have 2. Untrained, 4, would make anything an excess."""
    planted = planted_scores(lambda step, layer: 4 - 3 * min(step / 100, 1), splits=["train"], bag=2.0)
    frame = planted.where(metric="ari").to_pandas().assign(metric="separation")
    table = Scores.from_rows(_rows(frame[frame["control"] != "shuffled_labels"]))
    found = excess(table.where(site="block.4")).set_index("step")
    assert found.loc[200, ["control", "control_value"]].tolist() == ["bag_of_tokens", 2.0]
    assert found.loc[200, "excess"] == pytest.approx(1.0)
    assert found.loc[200, "excess_low"] == pytest.approx(1.97 - 1.03)
    assert found.loc[5, "excess"] < 0
    top = emergence_table(table, View(metric="separation")).set_index("layer").loc[4]
    assert (top["onset"], top["peak"], top["overshoot"]) == (100, pytest.approx(1.0), 0.0)
    assert top["half_rise"] == pytest.approx(50 + 50 * 1.0 / 1.5)  # excess -0.5 at 50, 1 at 100: 0.5 between
    assert top["level_excess"] > 0.5


def test_of_many_cells_with_nothing_in_them_none_is_beyond_its_controls_in_95_of_100_atlases():
    """Figure and control are noise about one value; interval against interval alone marks most atlases."""
    n_atlases, n_cells, rng = 120, 200, np.random.default_rng(0)
    about = {"run": "", "model": "", "split": "", "position": "", "factor": "", "preparation": "raw"}
    place = {"seed": np.repeat(np.arange(n_atlases), n_cells), "site": np.tile(np.arange(n_cells), n_atlases)}
    cells = pd.DataFrame(place).assign(**about, step=9, layer=0, method="kmeans", metric="ari")
    own, untrained = (
        cells.assign(control=control, value=rng.normal(0.3, 0.05, len(cells)))
        for control in ("none", "bag_of_tokens")
    )
    frame = pd.concat([own, untrained], ignore_index=True)
    found = excess_of(frame.assign(ci_low=frame["value"] - 0.098, ci_high=frame["value"] + 0.098))
    one_by_one, together = (
        found[name].gt(0).groupby(found["seed"]).any() for name in ("excess_low", "beyond")
    )
    assert one_by_one.mean() > 0.3
    assert together.mean() <= 0.09
    assert (found["beyond"] <= found["excess_low"]).all()


def test_a_cell_far_beyond_its_controls_is_so_among_many(planted_scores):
    found = excess(planted_scores(lambda step, layer: 0.2 * layer * (step > 0), splits=["train"], bag=0.1))
    top = found[(found["site"] == "block.4") & (found["step"] == 200)].iloc[0]
    assert 0.9 * top["excess_low"] < top["beyond"] <= top["excess_low"]
    assert (found.loc[found["step"] == 0, "beyond"].dropna() <= 0).all()


def test_every_figure_stays_one_row(planted_scores):
    scores = planted_scores(lambda step, layer: 0.1 * layer, bag=0.2)
    assert len(excess(scores)) == len(scores.where(control="none"))


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
    ends = scipy.stats.t.interval(0.95, 2, 50, scipy.stats.sem([25, 50, 75]))
    assert (half["mean"], half["low"], half["high"]) == pytest.approx((50, *ends))
    assert (half["n"], half["n_runs"]) == (3, 3)
    bottom = spread[(spread["layer"] == 0) & (spread["measure"] == "onset")]
    assert (bottom["n"] == 0).all() and (bottom["n_runs"] == 3).all()


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


def _rows(frame):
    return [Score(**row) for row in frame.to_dict("records")]


def _as_control(scores, value):
    frame = scores.where(control="none").to_pandas()
    return Scores.from_rows(
        _rows(frame.assign(control="bag_of_tokens", value=value, ci_low=value, ci_high=value))
    )
