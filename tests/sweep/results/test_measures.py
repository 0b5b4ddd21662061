"""What is looked at of every point."""

import pyarrow as pa
import pytest

from nucleate.scores import Score, Scores
from nucleate.sweep.results.measures import first_shown, measures_table
from tests.conftest import plant


@pytest.fixture
def scores():
    """Two runs: one whose top layer rises to 0.8, and a flat one."""
    tables = []
    for name, top, depth in (("rises", 0.8, 2), ("flat", 0.0, 4)):
        table = plant(lambda step, layer, top=top: top * layer / 4 * step / 200).table
        table = table.set_column(0, "run", pa.array([name] * len(table)))
        tables.append(table.append_column("model.n_layer", pa.array([depth] * len(table))))
    return pa.concat_tables(tables)


def value(measures, **equals):
    for key, wanted in equals.items():
        measures = measures[(measures[key] == wanted).to_numpy(bool, na_value=False)]
    assert len(measures) == 1
    return measures["value"].item()


def test_every_layer_has_its_agreement_of_the_last_step(scores):
    measures = measures_table(scores, ["model.n_layer"])
    own = {"split": "train", "measure": "agreement (ARI)"}
    assert value(measures, run="rises", layer=4, **own) == pytest.approx(0.8)
    assert value(measures, run="rises", layer=2, **own) == pytest.approx(0.4)
    assert set(measures.loc[measures["run"] == "flat", "model.n_layer"]) == {4}


def test_accuracy_is_of_no_layer_and_no_position(scores):
    accuracy = measures_table(scores, ["model.n_layer"]).query("measure == 'task accuracy'")
    assert accuracy["layer"].isna().all() and set(accuracy["position"]) == {""}
    assert value(accuracy, run="rises", split="validation") == 1.0


def test_a_rise_that_never_came_is_null(scores):
    measures = measures_table(scores, ["model.n_layer"])
    own = {"split": "train", "measure": "half-rise (step)", "layer": 4}
    assert value(measures, run="rises", **own) == pytest.approx(100)
    assert measures.query("run == 'flat' and measure == 'half-rise (step)'")["value"].isna().all()


def test_controls_and_other_labels_are_no_measure(scores):
    row = {
        "run": "rises",
        "model": "m",
        "seed": 1,
        "step": 200,
        "split": "train",
        "n_examples": 9,
        "layer": 4,
    }
    about = {
        "site": "block.4",
        "position": "last_instruction",
        "method": "kmeans",
        "metric": "ari",
        "value": 0.1,
    }
    other = Scores.from_rows([Score(**row, **about, factor="dialect")]).table
    joint = pa.concat_tables([scores, other.append_column("model.n_layer", pa.array([2]))])
    assert len(measures_table(joint, ["model.n_layer"])) == len(measures_table(scores, ["model.n_layer"]))


def test_what_was_held_out_is_shown_first_at_the_claims_position(scores):
    measures = measures_table(scores, ["model.n_layer"])
    assert first_shown(measures, "last_instruction") == {
        "position": "last_instruction",
        "split": "validation",
    }
    assert first_shown(measures, "input")["position"] == "last_instruction", "the claims' own was not scored"
