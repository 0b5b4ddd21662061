import pytest

from nucleate.figures.spread import n_runs, over_runs, spread_words
from nucleate.scores import Scores


def runs(planted_scores, *lifts):
    return Scores.concatenate(
        planted_scores(
            lambda step, layer, lift=lift: 0.1 * layer + lift * (step > 0), seed=seed, steps=(0, 9)
        )
        for seed, lift in enumerate(lifts, start=1)
    )


def top(scores):
    rows = over_runs(scores.where(metric="ari", split="train", site="block.4"))
    return rows.set_index("step").loc[9]


def test_one_run_keeps_its_interval(planted_scores):
    row = top(runs(planted_scores, 0.2))
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.6, 0.57, 0.63))
    assert (row["control"], row["control_high"]) == ("untrained", pytest.approx(0.43))


def test_several_runs_are_one_row_with_their_range(planted_scores):
    scores = runs(planted_scores, 0.1, 0.2, 0.6)
    row = top(scores)
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.7, 0.5, 1.0))
    assert n_runs(scores) == 3
    assert spread_words(3) == "range over 3 runs"


def test_figures_without_an_interval_or_a_site_are_kept(planted_scores):
    accuracy = over_runs(runs(planted_scores, 0.2).where(metric="accuracy"))
    assert len(accuracy) == 4
    assert (accuracy["low"] == accuracy["value"]).all()
