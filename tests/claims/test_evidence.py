"""What a judge has before it: the tables that were finished, where they speak, and of which split."""

import math

import pandas as pd
import pytest

from nucleate.claims.evidence import Evidence, hardest_split, rows_of
from nucleate.claims.settings import ClaimSettings
from nucleate.errors import RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Score, Scores
from nucleate.view import View


def unseen(**right):
    """Of 100 instances of each split so many are answered right; membership was looked at everywhere."""
    common = {"run": "r", "model": "m", "seed": 1, "step": 9, "n_examples": 100}
    rows = []
    for split, n_right in right.items():
        rows.append(Score(**common, split=split, method="model", metric="accuracy", value=n_right / 100))
        place = {"position": "input", "site": "embed", "layer": 0, "method": "nearest_centroid"}
        rows.append(Score(**common, **place, split=split, metric="auroc", value=0.7))
    return Scores.from_rows(rows)


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ({"validation": 50, "unseen_instruction": 50, "unseen_dialect": 50}, "unseen_dialect"),
        ({"validation": 50, "unseen_instruction": 50, "unseen_dialect": 96}, "unseen_instruction"),
        ({"validation": 95, "unseen_instruction": 96, "unseen_dialect": 4}, "validation"),
        ({"validation": 96, "unseen_instruction": 100}, None),
    ],
)
def test_the_hardest_split_has_enough_right_and_wrong_answers(right, expected):
    assert hardest_split(unseen(**right)) == expected


def test_where_no_split_can_tell_the_hardest_is_found_by_asking_for_less():
    assert (
        hardest_split(unseen(validation=100, unseen_instruction=99), least_errors=0) == "unseen_instruction"
    )


def test_a_split_on_which_membership_was_not_looked_at_is_no_choice():
    accuracy = unseen(unseen_dialect=50).where(method="model")
    assert hardest_split(Scores.concatenate([accuracy, unseen(validation=50)])) == "validation"


def test_each_table_speaks_of_its_own_positions(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer: 0.5, position=position) for position in ("last", "input")
    )
    effects = pd.DataFrame(
        {"intervention": ["shift", "shift", "interchange"], "position": ["input", "all_prompt", "last"]}
    )
    evidence = Evidence(scores, View(), unseen=unseen(validation=50), effects=effects)
    assert evidence.positions == {
        "scores": ["input", "last"],
        "unseen": ["input"],
        "effects": ["all_prompt", "input"],
    }


def test_a_folder_without_the_further_stages_has_scores_alone(planted_scores, tmp_path):
    folder = RunFolder.create(tmp_path / "run", "seed = 1\n")
    with pytest.raises(RunFolderError):
        Evidence.read(folder, ClaimSettings())
    scores = planted_scores(lambda step, layer: 0.5)
    with folder.stage("scoring", "x"), folder.commit(folder.scores) as path:
        scores.write(path)
    evidence = Evidence.read(folder, ClaimSettings(preparation="standardise", pretrained=True))
    assert (evidence.unseen, evidence.effects, evidence.pretrained) == (None, None, True)
    assert evidence.view == View(preparation="standardise")
    assert len(evidence.scores) == len(scores)


def test_agreement_is_summed_up_where_the_view_looks(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer, high=high: high * layer * (step > 0), position=position)
        for position, high in (("last_instruction", 0.1), ("input", 0.2))
    )
    evidence = Evidence(scores, View())
    assert (evidence.held_out[-1].layer, evidence.held_out[-1].value) == (4, pytest.approx(0.4))
    assert evidence.at("input").held_out[-1].value == pytest.approx(0.8)
    assert Evidence(scores, View(split="unseen_dialect")).held_out == ()


def test_elsewhere_all_is_as_if_looked_at_there_from_the_start(planted_scores):
    """What was narrowed down once, for all positions, leaves out nothing that a claim looks into."""
    scores = Scores.concatenate(
        planted_scores(lambda step, layer, high=high: high * layer * (step > 0), position=position, bag=0.1)
        for position, high in (("last_instruction", 0.1), ("input", 0.2))
    )
    there, from_the_start = Evidence(scores, View()).at("input"), Evidence(scores, View(position="input"))
    assert there.layers == from_the_start.layers
    assert there.positions == from_the_start.positions
    assert there.plain_agreement(4) == from_the_start.plain_agreement(4)


def test_a_missing_interval_is_no_number():
    rows = rows_of(unseen(validation=50).table)
    assert [math.isnan(row[end]) for row in rows for end in ("ci_low", "ci_high")] == [True] * 4
