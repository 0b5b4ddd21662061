"""Points of a sweep: designs, names, and what is shared."""

import itertools
from collections import Counter

import pytest

from nucleate.errors import ConfigError
from nucleate.settings.presets import resolve
from nucleate.sweep.grid import combinations, points_of
from nucleate.sweep.sweep_file import SweepFile

TWO = {"corpus.n_tasks": [4, 6], "training.learning_rate": [1e-3, 2e-3, 4e-3]}


def sweep(axes, **others):
    return SweepFile.from_mapping({"base": "smoke", "axes": axes, **others}, "a test")


def points(axes, **others):
    return points_of(sweep(axes, **others), "smoke", "a test")


def test_a_grid_is_all_with_all_and_with_every_seed():
    found = points(TWO, seeds=[3, 5])
    expected = set(itertools.product(*TWO.values(), (3, 5)))
    assert {(*one.axes.values(), one.settings.seed) for one in found} == expected
    assert len(found) == len({one.name for one in found}) == 12


def test_the_settings_of_a_point_are_the_base_with_its_axes():
    [point] = points({"corpus.n_tasks": [6]}, seeds=[3], set={"training.precision": "bfloat16"})
    said = ["corpus.n_tasks=6", "training.precision=bfloat16", "seed=3"]
    assert point.settings == resolve("smoke", [*said, "pictures.tsne=false"]), "no page is kept to show them"
    [point] = points(
        {"corpus.n_tasks": [6]}, seeds=[3], keep=["page"], set={"training.precision": "bfloat16"}
    )
    assert point.settings == resolve("smoke", said)
    assert point.settings.digest().startswith(point.name)


def test_seeds_are_counted_from_the_bases_own():
    assert [one.settings.seed for one in points({"corpus.n_tasks": [4]}, seeds=3)] == [1, 2, 3]
    assert [one.settings.seed for one in points({"corpus.n_tasks": [4]})] == [1]


def test_zipped_axes_go_side_by_side():
    axes = {"corpus.n_tasks": [4, 6], "model.n_layer": {"from": 1, "to": 2, "step": 1}}
    assert combinations(sweep(axes, design="zipped")) == [(4, 1), (6, 2)]


def test_an_axis_may_move_several_settings_together():
    axes = {"model.n_embd, model.n_head": [[32, 2], [64, 4]]}
    assert [dict(one.axes) for one in points(axes)] == [
        {"model.n_embd": 32, "model.n_head": 2},
        {"model.n_embd": 64, "model.n_head": 4},
    ]


def test_values_may_be_lists_and_texts():
    axes = {
        "scoring.positions": [["last_instruction"], ["input", "last_instruction"]],
        "training.objective": ["answer"],
    }
    found = points(axes)
    assert [one.settings.scoring.positions for one in found] == [
        ("last_instruction",),
        ("input", "last_instruction"),
    ]
    assert {one.settings.training.objective for one in found} == {"answer"}


def test_two_ways_to_say_one_run_are_one_point():
    axes = {"corpus.n_tasks": [4, 6], "training.learning_rate": [0.001, 1e-3 * (1 + 1e-18)]}
    assert len(points({"training.learning_rate": [2e-3]})) == 1
    assert len({one.name for one in points({"corpus.n_tasks": [4]})}) == 1
    with pytest.raises(ConfigError, match="twice"):
        points(axes)


def test_random_points_stay_when_more_are_drawn_and_fill_their_range():
    axes = {"training.learning_rate": {"from": 1e-4, "to": 1e-2, "scale": "log"}, "corpus.n_tasks": [4, 6]}
    few = combinations(sweep(axes, design="random", n_points=5))
    many = combinations(sweep(axes, design="random", n_points=400))
    assert many[:5] == few
    rates = [rate for rate, _ in many]
    assert min(rates) >= 1e-4 and max(rates) <= 1e-2
    below = sum(rate < 1e-3 for rate in rates)
    assert 160 < below < 240, "half of a log range lies below its geometric middle"
    assert 160 < sum(n == 4 for _, n in many) < 240
    assert combinations(sweep(axes, design="random", n_points=5, design_seed=2)) != few


@pytest.mark.parametrize(
    ("sizes", "n_points", "times"), [([2, 2, 2], 4, 1), ([2, 2, 2, 2], 8, 2), ([3, 3], 9, 1)]
)
def test_a_fraction_meets_every_pair_of_values_equally_often(sizes, n_points, times):
    axes = dict(zip(("a.a", "b.b", "c.c", "d.d"), (list(range(size)) for size in sizes), strict=False))
    chosen = combinations(sweep(axes, design="fractional", n_points=n_points))
    assert len(set(chosen)) == n_points
    for a, b in itertools.combinations(range(len(sizes)), 2):
        met = Counter((one[a], one[b]) for one in chosen)
        assert set(met.values()) == {times} and len(met) == sizes[a] * sizes[b]


def test_a_fraction_larger_than_the_whole_is_a_mistake():
    with pytest.raises(ConfigError, match="n_points is 9, but the whole grid has 6"):
        combinations(sweep(TWO, design="fractional", n_points=9))


def test_points_that_differ_in_scoring_alone_share_their_training():
    found = points({"scoring.n_init": [2, 3], "corpus.n_tasks": [4, 6]}, seeds=2)
    assert len(found) == 8
    shared = Counter(one.training for one in found)
    assert sorted(shared.values()) == [2, 2, 2, 2]
    same = {one.training: (one.axes["corpus.n_tasks"], one.settings.seed) for one in found}
    assert len(set(same.values())) == 4
