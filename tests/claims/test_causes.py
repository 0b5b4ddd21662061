"""The claims of cause must hold where planted and fail where not; see also tests/intervene/test_analysis.py."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nucleate.claims.causes import CAUSES, flips_above_controls
from nucleate.claims.evidence import Evidence
from nucleate.claims.judging import judge_claims
from nucleate.claims.verdicts import Straddle
from nucleate.resampling.intervals import Draws, interval
from nucleate.scores import Score, Scores
from nucleate.unseen.membership import Membership, membership_figures
from nucleate.view import View


def planted_unseen(
    auroc=0.8,
    odds=5.0,
    accuracy=0.5,
    splits=("validation", "unseen_dialect"),
    shuffled=0.5,
    reach=0.1,
    factor=2.0,
):
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
                ("auroc", auroc if layer else 0.5, reach, "none"),
                ("auroc", shuffled, 0.08, "shuffled_labels"),
                ("assignment_accuracy", 0.5, 0.1, "none"),
                ("accuracy_if_right", 0.7, 0.1, "none"),
                ("accuracy_if_wrong", 0.3, 0.1, "none"),
            ):
                ends = {"ci_low": value - width, "ci_high": value + width}
                rows.append(Score(**common, **place, metric=metric, value=value, control=control, **ends))
            ends = {"ci_low": odds / factor, "ci_high": odds * factor}
            rows.append(Score(**common, **place, metric="odds_ratio", value=odds, control="none", **ends))
    return Scores.from_rows(rows)


def planted_effects(position="input", excess=0.0, reach=0.05, control=0.1):
    """What is turned beyond the strongest control at layer 1, by `reach` up or down; at layer 0 nothing is."""
    shares = {
        ("shift", "none"): excess + control,
        ("identity", "identity"): 0.0,
        ("interchange", "within_task"): 0.02,
        ("shift", "random_direction"): 0.0,
        ("shift", "other_tasks"): control,
    }
    rows = [
        {
            "intervention": name,
            "control": kind,
            "metric": "becomes_b",
            "value": value,
            "ci_low": 0.0,
            "ci_high": 1.0,
        }
        for (name, kind), value in shares.items()
    ]
    rows.append({"intervention": "shift", "control": "none", "metric": "excess", "value": excess})
    rows[-1] |= {"ci_low": excess - reach, "ci_high": excess + reach}
    nothing = {"value": 0.0, "ci_low": -0.02, "ci_high": 0.02}
    bottom = [row | nothing | {"site": "embed", "layer": 0} for row in rows]
    top = [row | {"site": "block.1", "layer": 1} for row in rows]
    return pd.DataFrame(bottom + top).assign(step=9, position=position, strength=1.0)


def verdict(claim, unseen=None, effects=None, position="input"):
    nothing = Scores.from_rows([])
    found = judge_claims(Evidence(nothing, View(position), unseen=unseen, effects=effects), CAUSES)
    return next(one for one in found if one.claim == claim and one.position == position)


def test_the_pages_repeat_the_rules_word_for_word():
    docs = Path(__file__).parents[2] / "docs"
    causes, method = (" ".join((docs / name).read_text().split()) for name in ("causes.md", "method.md"))
    for claim in CAUSES:
        assert f"**`{claim.name}`**: {claim.words} Rule: {claim.rule}." in causes
        assert f"**{claim.name}**: {claim.words} Rule: {claim.rule}." in method


def test_unseen_holds_on_the_hardest_split_with_errors():
    found = verdict("unseen", planted_unseen())
    assert found.verdict == "holds"
    assert found.figures["auroc"] == 0.8


@pytest.mark.parametrize("change", [{"auroc": 0.45}, {"odds": 0.9}])
def test_unseen_fails_where_the_interval_lies_below_what_is_asked(change):
    assert verdict("unseen", planted_unseen(**change)).verdict == "fails"


@pytest.mark.parametrize(
    "change", [{"auroc": 0.55}, {"odds": 1.5}, {"shuffled": 0.75}, {"auroc": 0.9, "reach": 0.45}]
)
def test_what_cannot_be_told_is_inconclusive_and_shows_its_figures(change):
    found = verdict("unseen", planted_unseen(**change))
    assert found.verdict == "inconclusive"
    assert found.figures["auroc"] == change.get("auroc", 0.8)


@pytest.mark.parametrize(
    ("change", "straddles"),
    [
        ({"auroc": 0.55, "reach": 0.1}, [("auroc", 0.45, 0.65, 0.6), ("auroc", 0.45, 0.65, 0.58)]),
        ({"odds": 1.5}, [("odds_ratio", 0.75, 3.0, 1.0)]),
        ({"shuffled": 0.75}, [("auroc", 0.7, 0.9, 0.83)]),
    ],
    ids=["high enough?", "above 1?", "above shuffled centroids?"],
)
def test_an_open_question_is_said_with_the_interval_and_what_it_straddles(change, straddles):
    found = verdict("unseen", planted_unseen(**change))
    assert [one.figure for one in found.straddles] == [name for name, *_ in straddles]
    for one, (_, *numbers) in zip(found.straddles, straddles, strict=True):
        assert [one.low, one.high, one.threshold] == pytest.approx(numbers)
        assert one.low <= one.threshold <= one.high
    assert found.lacking == "; ".join(map(str, found.straddles))


def test_a_narrow_odds_ratio_of_nearly_empty_cells_is_no_failure():
    few = {"odds": 0.9, "auroc": 0.65, "accuracy": 0.94}
    assert verdict("unseen", planted_unseen(**few)).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"auroc": 0.62, "reach": 0.04, "shuffled": 0.62}, "auroc between 0.58 and 0.66, nowhere above 0.70"),
        ({"odds": 0.45, "factor": 2.0, "accuracy": 0.94}, "odds ratio between 0.23 and 0.90, nowhere above 1.00"),
    ],
)  # fmt: skip
def test_what_lies_wholly_short_and_is_no_failure_straddles_nothing(change, lacking):
    found = verdict("unseen", planted_unseen(**change))
    assert (found.verdict, found.straddles, found.lacking) == ("inconclusive", (), lacking)


def drawn_unseen(rng, effect, n_wrong, n=300):
    """One sample of margins that lie lower by `effect` standard deviations where the answer is wrong."""
    answered = np.arange(n) >= n_wrong
    margin = rng.standard_normal(n) + effect * answered + 0.5
    distances = np.stack([np.full(n, 10.0), 10.0 + margin], axis=1)[None]
    draws = Draws(np.arange(n), 200, int(rng.integers(2**31)))
    weights = np.concatenate([np.ones((1, n)), draws.weights])
    found = membership_figures(Membership(distances, np.zeros(n, dtype=int), answered), weights)
    common = {"run": "r", "model": "m", "seed": 1, "step": 9, "n_examples": n, "split": "unseen_dialect"}
    place = {"position": "input", "site": "block.1", "layer": 1, "method": "nearest_centroid"}
    rows = [Score(**common, method="model", metric="accuracy", value=1 - n_wrong / n)]
    for metric, values in found.items():
        low, high = (float(end) for end in interval(values[0, 1:]))
        rows.append(Score(**common, **place, metric=metric, value=values[0, 0], ci_low=low, ci_high=high))
    shuffled = {"control": "shuffled_labels", "value": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    return Scores.from_rows([*rows, Score(**common, **place, metric="auroc", **shuffled)])


def test_few_wrong_answers_make_neither_a_finding_of_nothing_nor_a_failure_of_much():
    rng = np.random.default_rng(0)
    without = [verdict("unseen", drawn_unseen(rng, 0.0, 10)).verdict for _ in range(60)]
    with_it = [verdict("unseen", drawn_unseen(rng, 1.5, 10)).verdict for _ in range(60)]
    assert without.count("holds") <= 2
    assert with_it.count("fails") == 0
    assert with_it.count("holds") > 30


def test_an_easier_split_is_not_asked_where_the_hardest_cannot_tell():
    told = planted_unseen(splits=("validation", "unseen_instruction"))
    open_ = planted_unseen(auroc=0.55, splits=("unseen_dialect",))
    assert verdict("unseen", Scores.concatenate([open_, told])).verdict == "inconclusive"


def test_nothing_is_said_where_nothing_is_wrong():
    assert verdict("unseen", planted_unseen(accuracy=0.99)).verdict == "not measured"
    assert "5 right and 5 wrong" in verdict("unseen", planted_unseen(accuracy=0.99)).lacking
    assert verdict("unseen", None).verdict == "not measured"
    assert "the splits train and validation" in verdict("unseen", None).lacking
    assert verdict("unseen", planted_unseen(), position="last_instruction").verdict == "not measured"


def test_causal_holds_above_every_control():
    found = verdict("causal", effects=planted_effects(excess=0.4))
    assert (found.verdict, found.control) == ("holds", "other_tasks")
    expected = {"layer": 1, "becomes_b": 0.5, "strongest_control": 0.1, "layers_that_work": 1}
    assert {name: found.figures[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({"excess": 0.0}, "fails"),
        ({"excess": 0.08, "reach": 0.01}, "fails"),
        ({"excess": 0.08}, "inconclusive"),
        ({"excess": 0.3, "reach": 0.4}, "inconclusive"),
        ({"excess": 0.11, "reach": 0.1}, "holds"),
    ],
)
def test_causal_fails_only_where_too_little_is_surely_moved(planted, expected):
    found = verdict("causal", effects=planted_effects(**planted))
    assert found.verdict == expected
    assert found.figures["excess"] == planted["excess"]


@pytest.mark.parametrize(
    ("planted", "threshold"), [({"excess": 0.08}, 0.1), ({"excess": 0.3, "reach": 0.4}, 0.0)]
)
def test_what_a_shift_leaves_open_is_whether_it_is_enough_or_anything(planted, threshold):
    (straddle,) = verdict("causal", effects=planted_effects(**planted)).straddles
    reach = planted.get("reach", 0.05)
    ends = pytest.approx(planted["excess"] - reach), pytest.approx(planted["excess"] + reach)
    assert straddle == Straddle("excess_at_layer_1", *ends, threshold)


def test_without_interventions_causal_is_not_measured():
    assert verdict("causal", effects=None).verdict == "not measured"
    elsewhere = planted_effects("all_prompt", excess=0.4)
    assert verdict("causal", effects=elsewhere).verdict == "not measured"


def test_what_works_is_enough_and_sure():
    table = flips_above_controls(planted_effects(excess=0.4), "input")
    assert table["works"].tolist() == [False, True]
    assert table.loc["block.1", ["value", "ci_low", "ci_high"]].tolist() == pytest.approx([0.4, 0.35, 0.45])
