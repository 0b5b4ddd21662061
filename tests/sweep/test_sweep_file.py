"""A sweep file: lists, ranges, and mistakes in one line with their key."""

import pytest

from nucleate.errors import ConfigError
from nucleate.sweep.grid import points_of
from nucleate.sweep.sweep_file import Range, read_sweep, shipped_sweeps


def written(tmp_path, text):
    path = tmp_path / "sweep.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("range_", "values"),
    [
        ({"from": 2, "to": 8, "step": 2}, [2, 4, 6, 8]),
        ({"from": 2, "to": 9, "step": 3}, [2, 5, 8]),
        ({"from": 0.1, "to": 0.3, "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"from": 0.0, "to": 1.0, "n": 3}, [0.0, 0.5, 1.0]),
        ({"from": 1e-4, "to": 1e-2, "n": 3, "scale": "log"}, [1e-4, 1e-3, 1e-2]),
        ({"from": 32, "to": 256, "n": 4, "scale": "log"}, [32, 64, 128, 256]),
        ({"from": 1, "to": 3, "n": 9}, [1, 2, 3]),
    ],
)
def test_ranges_hold_both_ends_and_are_whole_where_these_are(range_, values):
    found = Range.from_mapping(range_, "a test").values()
    assert found == values
    assert {type(one) for one in found} == {type(values[0])}


MISTAKES = {
    'base = "smoke"\nsedes = [1]\n[axes]\n"seed.x" = [1]': "unknown key sedes .* Did you mean seeds",
    'base = "smok"\n[axes]\n"corpus.n_tasks" = [4]': "no preset 'smok'",
    'base = "smoke"\n[axes]\n"corpus.n_dialekts" = [1]': r"unknown setting corpus\.n_dialekts",
    'base = "smoke"\n[axes]\n"corpus.n_tasks" = [0]': r"corpus\.n_tasks=0.*corpus\.n_tasks in smoke: .* got 0",
    'base = "smoke"\n[axes]\n"corpus.n_tasks" = []': r"axes.*corpus\.n_tasks has no values",
    'base = "smoke"\n[axes]\n"corpus.n_tasks" = [4, 4]': r"corpus\.n_tasks has a value twice",
    'base = "smoke"\n[axes]\n"corpus.n_tasks" = 4': r"axes\.corpus\.n_tasks .* expected a list or a range, got 4",
    'base = "smoke"\n[axes]\ncorpus.n_tasks = [4]': r"axes\.corpus in .*: a range needs from and to, got n_tasks",
    'base = "smoke"\n[axes]\n"corpus.n_tasks" = { from = 4, to = 2, n = 2 }': r"from \(4\) is not below to \(2\)",
    'base = "smoke"\n[axes]\n"corpus.n_tasks" = { from = 2, to = 4 }': r"axes\.corpus\.n_tasks: a range needs n",
    'base = "smoke"\ndesign = "random"\n[axes]\n"corpus.n_tasks" = [4]': "n_points",
    'base = "smoke"\nn_points = 3\n[axes]\n"corpus.n_tasks" = [4]': "has no n_points",
    'base = "smoke"\n[axes]\nseed = [1, 2]': "seed cannot be an axis: its values belong in seeds",
    'base = "smoke"\nseeds = [1, 1]\n[axes]\n"corpus.n_tasks" = [4]': "seeds .* twice",
    'base = "smoke"\nkeep = ["score"]\n[axes]\n"corpus.n_tasks" = [4]': r"keep\.0",
    'base = "smoke"': "axes",
    'base = "smoke"\ndesign = "zipped"\n[axes]\n"corpus.n_tasks" = [4]\n"model.n_layer" = [1, 2]': (
        r"axes\.model\.n_layer has 2 values, but axes\.corpus\.n_tasks has 1"
    ),
    'base = "smoke"\n[axes]\n"model.n_embd, model.n_head" = [[32, 2], [64]]': "moves 2 settings together",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_line_with_its_key(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=MISTAKES[text]) as caught:
        file, base = read_sweep(path)
        points_of(file, base, path)
    assert "\n" not in caught.value.what + caught.value.mend


def test_a_base_lies_beside_the_sweeps_file(tmp_path, monkeypatch):
    (tmp_path / "base.toml").write_text("[corpus]\nn_tasks = 7\n", encoding="utf-8")
    path = written(tmp_path, 'base = "base.toml"\n[axes]\n"model.n_layer" = [2]')
    monkeypatch.chdir("/")
    [point] = points_of(*read_sweep(path), path)
    assert point.settings.corpus.n_tasks == 7


def test_an_unknown_sweep_is_told_with_those_that_there_are():
    with pytest.raises(ConfigError, match="Did you mean arms") as caught:
        read_sweep("arm")
    assert "arms" in caught.value.mend


@pytest.mark.parametrize("name", shipped_sweeps())
def test_shipped_sweeps_are_whole(name):
    points = points_of(*read_sweep(name), name)
    assert len(points) > 3
    assert {point.settings.training.precision for point in points} != {"auto"}, "points must be alike"


def test_the_chosen_cells_are_those_of_the_study_but_for_their_seeds():
    cells = points_of(*read_sweep("reproduce"), "reproduce")
    of_study = [cells[13].settings, cells[15].settings]
    chosen = points_of(*read_sweep("reproduce_chosen"), "reproduce_chosen")
    assert sorted(one.settings.seed for one in chosen) == [2, 2, 3, 3, 4, 4]
    for one in chosen:
        assert one.settings.model_copy(update={"seed": 1}) in of_study
