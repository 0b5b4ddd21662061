"""Excess over controls: as planted, and as plain pandas has it, row by row."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from nucleate.scores import Score, Scores
from nucleate.scoring.emergence import emergence_table
from nucleate.scoring.excess import (
    CHANCE_CORRECTED,
    FIGURE,
    LOWER_IS_BETTER,
    REFERENCES,
    excess,
    excess_of,
    reach,
)
from nucleate.view import View


def test_excess_is_over_the_strongest_control_and_its_interval_over_all(planted_scores):
    scores = planted_scores(lambda step, layer: 0.1 + 0.2 * layer * (step > 0), bag=0.3, splits=["train"])
    found = excess(scores.where(metric="ari", site="block.4")).set_index("step")
    assert set(found["control"]) == {"bag_of_tokens"}
    assert found.loc[200, "excess"] == pytest.approx(0.9 - 0.3)
    assert found.loc[200, "excess_low"] == pytest.approx(0.87 - 0.33)
    assert found.loc[200, "excess_high"] == pytest.approx(0.93 - 0.27)
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


def drawn_scores(seed):
    """Rows of every kind, in no order; some lack an interval, some are equal, some have no control."""
    rng = np.random.default_rng(seed)

    def row(step, split, site, metric, control):
        value, width = round(rng.normal(), 1), rng.uniform(0, 0.5)
        ends = {"ci_low": value - width, "ci_high": value + width} if rng.random() < 0.7 else {}
        layer = None if site == "final_norm" else len(site)
        about = {
            "run": "r",
            "model": "m",
            "seed": 1,
            "n_examples": 9,
            "method": "kmeans",
            "position": "input",
        }
        place = {"step": step, "split": split, "site": site, "layer": layer, "factor": "task"}
        return Score(**about, **place, metric=metric, control=control, value=value, **ends)

    rows = [
        row(step, split, site, metric, control)
        for step in (0, 5, 10)
        for split in ("train", "validation")
        for site in ("embed", "block.1", "final_norm")
        for metric in ("ari", "separation", "knn_purity")
        for control in ("none", "untrained", "bag_of_tokens", "ngrams", "shuffled_labels", "size_matched")
        if control == "none" or rng.random() < 0.4
    ]
    return Scores.from_rows(rows[index] for index in rng.permutation(len(rows)))


@pytest.mark.parametrize("seed", range(8))
def test_all_rows_at_once_are_what_each_is_alone(seed):
    """Each figure is held against its own controls, one after another, in plain Python."""
    frame = drawn_scores(seed).to_pandas()
    found = excess(drawn_scores(seed))
    own = frame[frame["control"] == "none"].sort_values("step", kind="stable")
    asked = found["excess"].notna() & (found["step"] > 0)
    n_asked = asked.groupby([found["split"], found["metric"]]).transform("sum").clip(lower=1)
    assert found["value"].tolist() == own["value"].tolist()
    for place, (_, figure) in enumerate(own.iterrows()):
        expected = over_its_controls(figure, frame, n_asked[place])
        assert found["control"].iloc[place] == expected.pop("control") or pd.isna(
            found["control"].iloc[place]
        )
        assert found.loc[place, list(expected)].tolist() == pytest.approx(
            list(expected.values()), nan_ok=True
        )


def over_its_controls(figure, frame, n_asked):
    """The controls of one figure, and what it has over them, as one of so many of its family."""
    alike = frame[(frame[[*FIGURE, "step"]] == figure[[*FIGURE, "step"]]).all(axis=1)]
    rows = [row for _, row in alike.iterrows() if row["control"] not in (*REFERENCES, "none")]
    rows += [figure.replace("none", "untrained")] if figure["step"] == 0 else []
    sign = -1.0 if figure["metric"] in LOWER_IS_BETTER else 1.0

    def ends(row):
        return sorted(sign * row[end] for end in ("ci_low", "ci_high"))

    strong = [
        row for row in rows
        if not (row["control"] == "shuffled_labels" and row["metric"] in CHANCE_CORRECTED)
    ]  # fmt: skip
    nan = float("nan")
    level = max((np.fmax(sign * row["value"], ends(row)[1]) for row in rows), default=nan)
    if not strong:
        nothing = dict.fromkeys(("control_value", "excess", "excess_low", "excess_high", "beyond"), nan)
        return {"control": None, "control_high": sign * level, **nothing}
    best = max(reversed(strong), key=lambda row: sign * row["value"])
    over, reaches = (
        sign * (figure["value"] - best["value"]),
        [np.ptp(ends(row)) / 2 for row in (figure, best)],
    )
    is_sure = not np.isnan([*ends(figure), *ends(best)]).any()
    errors = scipy.stats.norm.ppf(0.95 ** (1 / n_asked)) * np.hypot(*reaches) / scipy.stats.norm.ppf(0.975)
    return {
        "control": best["control"],
        "control_high": sign * level,
        "control_value": best["value"],
        "excess": over,
        "excess_low": ends(figure)[0] - level if is_sure else nan,
        "excess_high": ends(figure)[1] - ends(best)[0],
        "beyond": min(over - errors, ends(figure)[0] - level) if is_sure else -np.inf,
    }


def test_a_control_without_a_value_is_none(planted_scores):
    scores = planted_scores(lambda step, layer: 0.5, splits=["train"], steps=(5,), bag=0.3).to_pandas()
    scores.loc[scores["control"] == "bag_of_tokens", ["value", "ci_low", "ci_high"]] = np.nan
    found = excess(Scores.from_rows(_rows(scores[scores["metric"] == "ari"])))
    assert set(found["control"]) == {"untrained"}


@pytest.mark.parametrize("which", ["none", "bag_of_tokens"])
def test_without_an_interval_nothing_is_sure(planted_scores, which):
    """Neither of the figure nor of its strongest control does a value stand in for its ends."""
    scores = planted_scores(lambda step, layer: 0.5, splits=["train"], steps=(5,), bag=0.3).to_pandas()
    scores.loc[scores["control"] == which, ["ci_low", "ci_high"]] = np.nan
    found = excess(
        Scores.from_rows(_rows(scores[(scores["metric"] == "ari") & (scores["control"] != "untrained")]))
    )
    np.testing.assert_allclose(found["excess"], 0.2)
    assert found[["excess_low", "excess_high"]].isna().all(axis=None)
    assert (found["beyond"] == -np.inf).all()


def test_nothing_has_no_excess():
    assert excess(Scores.from_rows([])).empty


def _rows(frame):
    return [Score(**row) for row in frame.to_dict("records")]


def _as_control(scores, value):
    frame = scores.where(control="none").to_pandas()
    return Scores.from_rows(
        _rows(frame.assign(control="bag_of_tokens", value=value, ci_low=value, ci_high=value))
    )


def test_an_interval_that_is_cut_off_at_1_reaches_as_far_as_its_other_side():
    values, low, high = np.array([[0.98, 0.9, 1.0], [0.5, 0.4, 0.6], [0.0, -0.1, 0.3], [0.5, np.nan, 0.6]]).T
    np.testing.assert_allclose(reach(values, low, high), [0.08, 0.1, 0.3, np.nan])
