import pytest
import scipy.stats

from nucleate.figures.spread import each_run, n_runs, over_runs, spread_words
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


def test_several_seeds_are_one_row_with_the_interval_between_them(planted_scores):
    scores = runs(planted_scores, 0.1, 0.2, 0.6)
    row = top(scores)
    low, high = scipy.stats.t.interval(0.95, 2, 0.7, scipy.stats.sem([0.5, 0.6, 1.0]))
    assert high > 1.3, "which no Rand index can be"
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.7, low, 1.0))
    assert n_runs(scores) == 3
    assert spread_words(3) == "95 % interval between 3 seeds"


def test_two_seeds_are_shown_as_they_are(planted_scores):
    row = top(runs(planted_scores, 0.1, 0.2))
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.55, 0.5, 0.6))
    assert spread_words(2) == "range of 2 seeds"


def test_every_run_is_there_by_itself_too(planted_scores):
    scores = runs(planted_scores, 0.1, 0.6).where(metric="ari", split="train", site="block.4")
    last = [rows.loc[rows["step"] == 9, "value"].tolist() for rows in each_run(scores)]
    assert last == [pytest.approx([0.5]), pytest.approx([1.0])]
    assert each_run(scores.where(seed=1)) == []


def test_figures_without_an_interval_or_a_site_are_kept(planted_scores):
    loss = over_runs(runs(planted_scores, 0.2).where(metric="loss"))
    assert len(loss) == 4
    assert (loss["low"] == loss["value"]).all()
