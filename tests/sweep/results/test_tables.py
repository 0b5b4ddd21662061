"""Tables over points: axes as columns, and intervals between seeds."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats

from nucleate.scores import SCHEMA
from nucleate.sweep.results.tables import emergence_over_seeds, joint_scores, over_seeds
from tests.conftest import plant


class Folder:
    """A sweep's folder in memory."""

    def __init__(self, tables):
        self.tables = tables

    def read_table(self, _points, name, _file):
        return self.tables[name]


def planted(top, seed, name):
    scores = plant(lambda step, layer: top * layer / 4 * step / 200, seed=seed)
    table = scores.table
    return table.set_column(0, "run", pa.array([name] * len(table)))


def point(name, **axes):
    return SimpleNamespace(name=name, axes=axes)


AXES = {"a": (0.4, 1), "b": (0.5, 2), "c": (0.6, 3), "d": (1.0, 1)}


@pytest.fixture
def joint():
    folder = Folder({name: planted(top, seed, name) for name, (top, seed) in AXES.items()})
    points = [
        point(
            name,
            **{
                "corpus.n_dialects": 1 + (name == "d"),
                "training.learning_rate": 1,
                "scoring.positions": ["x"],
            },
        )
        for name in AXES
    ]
    return joint_scores(folder, points)


def test_every_axis_is_a_column_of_its_name_and_type(joint):
    assert joint.column_names[: len(SCHEMA.names)] == SCHEMA.names
    assert joint.schema.field("corpus.n_dialects").type == pa.int64()
    assert set(joint["scoring.positions"].to_pylist()) == {'["x"]'}
    of_d = joint.filter(pa.compute.field("run") == "d")
    assert set(of_d["corpus.n_dialects"].to_pylist()) == {2}


def test_whole_numbers_beside_others_are_numbers():
    folder = Folder({"a": planted(1.0, 1, "a"), "b": planted(1.0, 1, "b")})
    joint = joint_scores(folder, [point("a", rate=1), point("b", rate=0.5)])
    assert joint.schema.field("rate").type == pa.float64()


def top_layer(table):
    frame = table.to_pandas()
    is_top = (
        (frame["metric"] == "ari")
        & (frame["control"] == "none")
        & (frame["layer"] == 4)
        & (frame["step"] == 200)
    )
    return frame[is_top & (frame["split"] == "train")].set_index("corpus.n_dialects")


def test_seeds_have_a_mean_and_students_interval(joint):
    top = top_layer(over_seeds(joint))
    values = np.array([0.4, 0.5, 0.6])
    assert top.loc[1, "value"] == pytest.approx(values.mean()) and top.loc[1, "n_seeds"] == 3
    low, high = scipy.stats.t.interval(0.95, 2, values.mean(), scipy.stats.sem(values))
    assert top.loc[1, "ci_low"] == pytest.approx(low) and top.loc[1, "ci_high"] == pytest.approx(high)


def test_no_interval_between_seeds_leaves_where_its_figure_can_lie():
    tops = {"a": 0.2, "b": 0.98, "c": 0.99}
    folder = Folder({name: planted(top, seed, name) for seed, (name, top) in enumerate(tops.items())})
    joint = joint_scores(folder, [point(name, **{"corpus.n_dialects": 1}) for name in tops])
    top = top_layer(over_seeds(joint))
    assert top.loc[1, "ci_high"] == 1.0 and -0.5 <= top.loc[1, "ci_low"] < 0.0
    found = emergence_over_seeds(joint, ["corpus.n_dialects"])
    found = found[(found["site"] == "block.4") & (found["split"] == "train")].set_index("measure")
    assert found.loc[["level", "peak"], "ci_high"].tolist() == [1.0, 1.0]
    assert (found.loc[["onset", "half_rise"], "ci_low"] >= 0).all()


def test_seeds_are_put_together_though_their_corpora_are_not_of_one_size(joint):
    """Splits of three seeds had three sizes, and none had a row with another."""
    seed = joint["seed"].to_numpy()
    sizes = {"n_examples": 300 - seed, "n_clusters": 20 + seed}
    for name, values in sizes.items():
        joint = joint.set_column(joint.schema.get_field_index(name), name, pa.array(values, pa.int64()))
    table = over_seeds(joint)
    assert set(table["n_seeds"].to_pylist()) == {1, 3}
    top = top_layer(table)
    assert top.loc[1, "n_seeds"] == 3 and np.isfinite(top.loc[1, "ci_low"])
    assert (top.loc[1, "n_examples"], top.loc[1, "n_clusters"]) == (297, 21)


def test_one_seed_has_no_interval(joint):
    top = top_layer(over_seeds(joint))
    assert top.loc[2, "value"] == 1.0 and top.loc[2, "n_seeds"] == 1
    assert np.isnan(top.loc[2, "ci_low"]) and np.isnan(top.loc[2, "ci_high"])


def test_nothing_but_seeds_is_put_together(joint):
    table = over_seeds(joint)
    assert "seed" not in table.column_names and "run" not in table.column_names
    per_point = len(plant(lambda step, layer: 0.0))
    assert len(table) == 2 * per_point


def test_emergence_is_measured_run_by_run_and_then_put_together(joint):
    found = emergence_over_seeds(joint, ["corpus.n_dialects"])
    half = found[(found["measure"] == "level") & (found["site"] == "block.4") & (found["split"] == "train")]
    half = half.set_index("corpus.n_dialects")
    late = np.mean([100, 150, 200]) / 200  # the last third, and the checkpoint where it begins
    assert half.loc[2, "value"] == pytest.approx(late) and half.loc[2, "n_runs"] == 1
    assert half.loc[1, "value"] == pytest.approx(0.5 * late) and half.loc[1, "n_seeds"] == 3


def test_what_never_happened_is_counted_and_not_averaged():
    flat = plant(lambda step, layer: 0.0, seed=1).table
    folder = Folder({"a": planted(1.0, 1, "a"), "b": flat.set_column(0, "run", pa.array(["b"] * len(flat)))})
    rows = emergence_over_seeds(joint_scores(folder, [point("a", x=1), point("b", x=1)]), ["x"])
    onset = rows[(rows["measure"] == "half_rise") & (rows["site"] == "block.4") & (rows["split"] == "train")]
    assert onset["n_seeds"].item() == 1 and onset["n_runs"].item() == 2
