"""The claims of cause must hold where planted and fail where not; see also tests/intervene/test_analysis.py."""

from pathlib import Path

import pandas as pd
import pytest

from nucleate.claims import ClaimSettings
from nucleate.claims_of_cause import (
    CAUSAL,
    UNSEEN,
    flips_above_controls,
    judge_causes,
    read_causes,
    read_nulls,
)
from nucleate.run_folder import RunFolder
from nucleate.scores import Score, Scores


def planted_unseen(auroc=0.8, odds=5.0, accuracy=0.5, splits=("validation", "unseen_dialect"), shuffled=0.5):
    common = {"run": "r", "model": "m", "seed": 1, "step": 9, "n_examples": 100}
    rows = []
    for split in splits:
        own = 1.0 if split == "validation" else accuracy
        rows.append(Score(**common, split=split, method="model", metric="accuracy", value=own))
        for layer in (0, 1):
            place = {
                "split": split,
                "position": "input",
                "site": f"block.{layer}",
                "layer": layer,
                "method": "nearest_centroid",
            }
            for metric, value, width, control in (
                ("auroc", auroc if layer else 0.5, 0.1, "none"),
                ("auroc", shuffled, 0.08, "shuffled_labels"),
                ("odds_ratio", odds, 2.0, "none"),
                ("assignment_accuracy", 0.5, 0.1, "none"),
                ("accuracy_if_right", 0.7, 0.1, "none"),
                ("accuracy_if_wrong", 0.3, 0.1, "none"),
            ):
                ends = {"ci_low": value - width, "ci_high": value + width}
                rows.append(Score(**common, **place, metric=metric, value=value, control=control, **ends))
    return Scores.from_rows(rows)


def planted_effects(position="input", **values):
    """Flip rates at layers 0 and 1; each of `values` is for layer 1, layer 0 has none of anything."""
    shares = {
        ("identity", "identity"): values.get("identity", 0.0),
        ("shift", "none"): values.get("shift", 0.0),
        ("shift", "random_direction"): values.get("random", 0.0),
        ("shift", "other_tasks"): values.get("other", 0.0),
        ("interchange", "none"): values.get("interchange", 0.0),
        ("interchange", "within_task"): values.get("twin", 0.0),
    }
    return pd.DataFrame(
        {
            "step": 9, "position": position, "site": ["embed", "block.1"][layer], "layer": layer, "strength": 1.0,
            "intervention": name, "control": control, "metric": "becomes_b", "value": value * layer,
            "ci_low": value * layer - 0.05, "ci_high": value * layer + 0.05,
        }
        for layer in (0, 1)
        for (name, control), value in shares.items()
    )  # fmt: skip


def verdict(claim, unseen=None, effects=None, position="input"):
    found = judge_causes(unseen, effects, ClaimSettings(position=position))
    return next(one for one in found if one.claim == claim and one.position == position)


def test_the_page_repeats_the_rules_word_for_word():
    page = " ".join((Path(__file__).parents[1] / "docs" / "causes.md").read_text().split())
    for name, words, rule in (UNSEEN, CAUSAL):
        assert f"**`{name}`**: {words} Rule: {rule}." in page


def test_unseen_holds_on_the_hardest_split_with_errors():
    found = verdict("unseen", planted_unseen())
    assert found.verdict == "holds"
    assert found.figures["auroc"] == 0.8


@pytest.mark.parametrize("change", [{"auroc": 0.55}, {"odds": 1.5}, {"shuffled": 0.75}])
def test_unseen_fails_without_the_association(change):
    assert verdict("unseen", planted_unseen(**change)).verdict == "fails"


def test_nothing_is_said_where_nothing_is_wrong():
    assert verdict("unseen", planted_unseen(accuracy=0.99)).verdict == "not measured"
    assert verdict("unseen", None).verdict == "not measured"
    assert verdict("unseen", planted_unseen(), position="last_instruction").verdict == "not measured"


def test_causal_holds_above_every_control():
    found = verdict("causal", effects=planted_effects(shift=0.5, other=0.1))
    assert (found.verdict, found.control) == ("holds", "other_tasks")
    assert found.figures["layer"] == 1


@pytest.mark.parametrize(
    "change", [{"shift": 0.08}, {"random": 0.45}, {"other": 0.45}, {"twin": 0.45}, {"identity": 0.45}]
)
def test_causal_fails_where_a_control_does_as_much_or_too_little_moves(change):
    assert verdict("causal", effects=planted_effects(**{"shift": 0.5} | change)).verdict == "fails"
    assert verdict("causal", effects=None).verdict == "not measured"


def test_the_strongest_control_stands_beside_the_flip():
    table = flips_above_controls(planted_effects(shift=0.5, other=0.1, twin=0.2), "input")
    assert table.loc["block.1", "control"] == "within_task"
    assert table.loc["block.1", "control_value"] == 0.2
    assert table.loc["block.1", "control_high"] == 0.25


@pytest.mark.parametrize(
    ("alone", "at_once", "reading"),
    [
        ({"shift": 0.5}, {}, "works"),
        ({"interchange": 0.5}, {"shift": 0.5}, "in the state"),
        ({}, {"shift": 0.5}, "together"),
        ({}, {"interchange": 0.5}, "together"),
        ({}, {}, "idle"),
    ],
)
def test_a_null_is_read_beside_stronger_interventions(alone, at_once, reading):
    effects = pd.concat(
        [planted_effects("last_instruction", **alone), planted_effects("all_instruction", **at_once)]
    )
    assert list(read_nulls(effects)) == [
        ("last_instruction", "embed", "idle"),
        ("last_instruction", "block.1", reading),
    ]


def test_positions_that_were_not_looked_at_have_no_reading():
    assert {position for position, _, _ in read_nulls(planted_effects("input"))} == {"input"}


def test_a_folder_without_the_stages_has_no_causes(tmp_path):
    assert read_causes(RunFolder(tmp_path)) == (None, None)
