"""A null is read by what was planted beside it; sentences say the figures that they rest on."""

import pandas as pd
import pytest

from nucleate.claims.single_tokens import READINGS, agreement_by_place, read_interventions, sentences
from nucleate.scores import Scores
from nucleate.view import View

NOTHING = Scores.from_rows([])


def row(position, intervention, metric, value, site="block.1", layer=1, reach=0.05):
    return {
        "step": 9, "position": position, "site": site, "layer": layer, "strength": 1.0, "control": "none",
        "intervention": intervention, "metric": metric, "value": value, "ci_low": value - reach, "ci_high": value + reach,
    }  # fmt: skip


def planted(*, position="last_instruction", reach=0.05, site="block.1", layer=1, **values):
    """Nothing is turned but what `values` say."""
    where = {"site": site, "layer": layer}
    rows = [
        row(position, intervention, metric, values.get(name, 0.0), reach=reach, **where)
        for name, intervention, metric in (
            ("shift", "shift", "excess"),
            ("interchange", "interchange", "excess"),
            ("lost", "interchange", "lost"),
            ("added_to_prompt", "interchange", "added_to_prompt"),
        )
    ]
    if position == "last_instruction":
        added = values.get("added_to_instruction", 0.0)
        rows.append(row(position, "interchange", "added_to_instruction", added, reach=reach, **where))
    rows += [
        row(company, "interchange", "excess", values.get(company, 0.9), **where)
        for company in ("all_instruction", "all_prompt")
    ]
    return pd.DataFrame(rows).astype({"layer": "Int64"})


@pytest.mark.parametrize(
    ("values", "reading"),
    [
        ({"shift": 0.5, "interchange": 0.9}, "works"),
        ({"interchange": 0.5, "lost": 0.9}, "in the state"),
        ({"lost": 0.5, "added_to_instruction": 0.5}, "needed"),
        ({"added_to_instruction": 0.5}, "redundant"),
        ({"added_to_prompt": 0.5}, "redundant"),
        ({}, "idle"),
        ({"added_to_instruction": 0.08}, "open"),
        ({"reach": 0.2}, "open"),
        ({"shift": 0.15, "reach": 0.2}, "open"),
    ],
)
def test_a_null_is_read_beside_stronger_interventions(values, reading):
    found = read_interventions(NOTHING, planted(**values), View())
    assert found["reading"].tolist() == [reading]
    assert reading in READINGS


def test_without_company_nothing_is_called_idle():
    alone = planted()
    alone = alone[~alone["metric"].str.startswith("added")]
    assert read_interventions(NOTHING, alone, View())["reading"].tolist() == ["open"]


def test_the_input_is_asked_what_it_adds_to_the_prompt_alone():
    assert read_interventions(NOTHING, planted(position="input"), View())["reading"].tolist() == ["idle"]


def test_neighboring_sites_that_read_the_same_are_one_sentence(planted_scores):
    effects = pd.concat(
        [
            planted(site="embed", layer=0, added_to_instruction=0.5, all_instruction=0.8),
            planted(site="block.1", layer=1, all_instruction=0.3),
            planted(site="block.2", layer=2, all_instruction=0.2),
            planted(site="final_norm", layer=None),
        ]
    ).assign(step=200)
    scores = planted_scores(lambda step, layer: 0.1 + 0.2 * layer)
    first, second = sentences(read_interventions(scores, effects, View()))
    assert first.startswith(
        "last instruction token, layer 0 (agreement with task 0.10): redundant; its centroid"
    )
    assert (
        "all instruction tokens together turn 0.80, of which 0.50 [0.45, 0.55] are lost without it" in first
    )
    assert second.startswith("last instruction token, layers 1 to 2 and final norm")
    assert "(agreement with task 0.30 to 0.50): idle" in second
    assert "turn 0.20 to 0.90" in second


def test_agreement_of_many_tokens_is_that_of_their_mean(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer, high=high: high * layer, position=position)
        for position, high in (("last_instruction", 0.1), ("instruction_mean", 0.2))
    )
    table = agreement_by_place(scores, 200, View())
    assert table.loc["all_instruction", "block.2"] == pytest.approx(0.4)
    assert table.loc["last_instruction", "block.2"] == pytest.approx(0.2)
    assert "all_prompt" not in table.index
