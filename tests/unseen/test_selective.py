"""Risk and coverage: the plain definition, ties, weights, and what a ranking that knows everything gains."""

import numpy as np
import pytest

from nucleate.resampling.intervals import Draws
from nucleate.unseen.membership import Membership, area_under_curve
from nucleate.unseen.selective import COLUMNS, COVERAGES, SHOWN, Ranking, gap, risk_curves, selective_table

ONCE = np.ones((1, 100))


def draws(n=100, n_resamples=60):
    own = Draws(np.arange(n), n_resamples, 1)
    return own, np.concatenate([np.ones((1, n)), own.weights])


def test_risk_is_the_share_of_errors_among_the_highest_scores():
    rng = np.random.default_rng(0)
    scores, right = rng.random(100), rng.random(100) < 0.7
    wrong = ~right[np.argsort(-scores)]
    plain = [wrong[:k].mean() for k in range(1, 101)]
    np.testing.assert_allclose(risk_curves(scores, right, ONCE)[0], plain)


def test_a_weight_is_as_many_copies():
    rng = np.random.default_rng(1)
    scores, right, copies = rng.random(50), rng.random(50) < 0.6, rng.multinomial(100, np.full(50, 0.02))
    weighted = risk_curves(scores, right, copies[None].astype(float))
    many = risk_curves(np.repeat(scores, copies), np.repeat(right, copies), ONCE)
    np.testing.assert_allclose(weighted, many)


def test_instances_of_one_score_err_as_their_mean_in_whatever_order_they_come():
    right = np.repeat([True, False], 50)
    same = risk_curves(np.zeros(100), right, ONCE)
    np.testing.assert_allclose(same, 0.5)
    np.testing.assert_allclose(risk_curves(np.zeros(100), right[::-1], ONCE), same)


def test_the_best_ranking_errs_only_where_it_must_and_the_worst_first():
    right = np.arange(100) >= 30
    best = risk_curves(right.astype(float), right, ONCE)[0]
    np.testing.assert_allclose(best, np.maximum(0, COVERAGES - 0.7) / COVERAGES)
    worst = risk_curves(-right.astype(float), right, ONCE)[0]
    np.testing.assert_allclose(worst, np.minimum(COVERAGES, 0.3) / COVERAGES)


def test_infinite_scores_are_ties_like_any_other():
    right = np.arange(100) % 3 > 0
    scores = np.where(np.arange(100) < 40, np.inf, np.where(np.arange(100) < 70, 1.0, -np.inf))
    finite = np.clip(scores, -9, 9)
    np.testing.assert_allclose(risk_curves(scores, right, ONCE), risk_curves(finite, right, ONCE))
    np.testing.assert_allclose(area_under_curve(scores, right, ONCE), area_under_curve(finite, right, ONCE))
    np.testing.assert_allclose(risk_curves(np.full(100, np.inf), right, ONCE), 0.34)


def members_of(distances):
    distances = np.asarray(distances, float)
    return Membership(distances[None], np.zeros(len(distances), int), np.ones(len(distances), bool))


def test_the_gap_knows_no_label():
    members = members_of([[1.0, 4.0, 6.0], [5.0, 2.0, 9.0]])
    np.testing.assert_allclose(gap(members), [[3.0, 3.0]])
    np.testing.assert_allclose(members.margin, [[3.0, -3.0]])


def test_where_nothing_is_left_to_choose_between_there_is_no_gap_and_without_an_own_centroid_no_margin():
    members = members_of([[np.inf, 4.0], [np.inf, np.inf], [1.0, np.inf]])
    np.testing.assert_array_equal(gap(members), [[0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(members.margin, [[-np.inf, -np.inf, np.inf]])


def test_where_states_lie_with_their_task_only_when_right_the_margin_gains_on_a_confidence_that_knows_nothing():
    right = np.random.default_rng(2).random(100) < 0.6
    distances = np.where(right[:, None], [1.0, 2.0], [2.0, 1.0])
    own, weights = draws()
    ranking = Ranking({"split": "validation"}, right, np.full(100, 0.5), own, weights)
    rows = selective_table(
        [*ranking.without_states(), *ranking.at_position(members_of(distances), "input", ("block.2",))]
    )
    assert list(rows.columns) == list(COLUMNS)
    by = {(row.score, row.metric): row for row in rows[rows["metric"] != "risk"].itertuples()}
    error = (~right).mean()
    assert by["confidence", "aurc"].value == by["random", "aurc"].value == pytest.approx(error)
    gain = by["margin", "aurc_gain"]
    best = np.mean(np.maximum(0, COVERAGES - right.mean()) / COVERAGES)
    assert gain.value == pytest.approx(error - best) and gain.ci_low > 0 and gain.layer == 2
    flat = by["gap", "aurc_gain"]
    assert flat.value == pytest.approx(0) and flat.ci_low <= 0 <= flat.ci_high, "both gaps are 1"
    curve = rows[(rows["score"] == "margin") & (rows["metric"] == "risk")]
    np.testing.assert_allclose(curve["coverage"], SHOWN)
    first = curve.iloc[0]
    assert first["value"] == 0 and first["ci_high"] == pytest.approx(1 - 0.025 ** (1 / 5)), "of 5 instances"


def test_without_a_confidence_there_is_no_gain_to_tell():
    own, weights = draws()
    ranking = Ranking({}, np.arange(100) > 20, None, own, weights)
    rows = [
        *ranking.without_states(),
        *ranking.at_position(members_of(np.ones((100, 2))), "input", ("embed",)),
    ]
    assert {(row["score"], row["metric"]) for row in rows} == {
        (score, metric) for score in ("random", "margin", "gap") for metric in ("aurc", "risk")
    }
