"""A view picks its rows, and falls back only in what was not scored."""

from dataclasses import replace

import pytest

from nucleate.claims.settings import ClaimSettings
from nucleate.scores import Score, Scores
from nucleate.view import View


@pytest.fixture
def scores(planted_scores):
    """Task at two positions, raw; the input at one, raw and standardized."""
    raw = [
        planted_scores(lambda step, layer: 0.5, position=position, factor=factor)
        for position, factor in (("input", "task"), ("last_instruction", "task"), ("input", "input"))
    ]
    prepared = (Score(**{**row, "preparation": "standardise"}) for row in raw[-1] if row["site"])
    return Scores.concatenate([*raw, Scores.from_rows(prepared)])


def test_the_rows_of_a_view_are_of_its_columns_alone(scores):
    rows = View(factor="input", position="input", preparation="standardise").rows(scores)
    assert rows.values("split") == ["validation"] and rows.values("metric") == ["ari"]
    assert rows.values("preparation") == ["standardise"] and rows.values("factor") == ["input"]
    assert "shuffled_labels" in rows.values("control")


def test_columns_of_which_every_value_is_wanted_are_left_open(scores):
    rows = View().rows(scores, every=("split", "position"))
    assert rows.values("split") == ["train", "validation"]
    assert rows.values("position") == ["input", "last_instruction"]
    assert rows.values("factor") == ["task"]


@pytest.mark.parametrize(
    "view",
    [View(), View("input"), View("input", "input", "standardise"), View(split="train")],
)
def test_what_was_scored_is_looked_at_as_it_is(scores, view):
    assert view.as_scored(scores) == view


@pytest.mark.parametrize(
    ("change", "instead"),
    [
        ({"preparation": "pca"}, {"preparation": "raw"}),
        ({"factor": "relation"}, {"factor": "input", "position": "input"}),
        ({"position": "last"}, {"position": "input"}),
        ({"split": "all"}, {"split": "train"}),
        (
            {"preparation": "standardise"},
            {"preparation": "standardise", "factor": "input", "position": "input"},
        ),
    ],
)
def test_what_was_not_scored_is_replaced_by_what_was(scores, change, instead):
    found = replace(View(), **change).as_scored(scores)
    assert found == replace(View(), **instead)
    assert len(found.rows(scores))


def test_without_its_measure_there_is_nothing_to_look_at(scores):
    assert View(metric="ami").as_scored(scores) is None


def test_a_run_is_looked_at_where_its_claims_are_judged():
    settings = ClaimSettings(position="last", factor="relation", preparation="standardise")
    assert settings.view == View("last", "relation", "standardise")
