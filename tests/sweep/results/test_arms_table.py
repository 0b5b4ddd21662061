"""Points of a sweep over arms as one table."""

import pyarrow as pa
import pytest

from nucleate.arms import COLUMNS
from nucleate.settings.presets import resolve
from nucleate.sweep.grid import Point
from nucleate.sweep.results.arms_table import ARM_KEYS, arms_table, is_of_arms
from tests.conftest import plant

ARMS = (("sequence", 6, False), ("answer", 3, False), ("sequence", 6, True))


def points():
    return [
        Point(
            dict(zip(ARM_KEYS, values, strict=True)),
            resolve("smoke", [*(f"{key}={_toml(value)}" for key, value in zip(ARM_KEYS, values, strict=True))]),
        )
        for values in ARMS
    ]  # fmt: skip


def _toml(value):
    return str(value).lower() if isinstance(value, bool) else value


def scores_of(point, top):
    scores = plant(lambda step, layer: top * layer / 4 * step / 200, bag=0.1)
    return scores.table.set_column(0, "run", pa.array([point.name] * len(scores.table)))


def test_the_highest_layer_of_each_arm_with_its_control_and_accuracy():
    own = points()
    scores = pa.concat_tables(scores_of(one, top) for one, top in zip(own, (0.9, 0.5, 0.0), strict=True))
    table = arms_table(own, scores)
    assert list(table.columns) == list(COLUMNS)
    last = table[table["step"] == table["step"].max()]
    assert last[["objective", "inputs", "memorize"]].values.tolist() == [
        ["sequence", "own", False], ["answer", "shared", False], ["sequence", "own", True]
    ]  # fmt: skip
    assert last["value"].tolist() == pytest.approx([0.9, 0.5, 0.0])
    assert set(last["layer"]) == {4} and set(last["control"]) == {"bag_of_tokens"}
    assert last["accuracy"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert set(table["split"]) == {"validation"}


def test_only_a_sweep_over_these_settings_is_one_of_arms():
    assert is_of_arms(points())
    assert not is_of_arms([])
    assert not is_of_arms([Point({"corpus.n_tasks": 4}, resolve("smoke", []))])
