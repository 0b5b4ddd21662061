"""A claim must hold where it was planted and fail where it was not."""

import pytest

from nucleate.claims import ClaimSettings, judge_claims, read_claims, write_claims
from nucleate.scores import Score, Scores

STEPS = (0, 10, 20, 50, 100, 150, 200)
EMERGING = dict(zip(STEPS, (0, 0.1, 0.3, 0.6, 0.95, 1, 1), strict=True))


def planted(agreement, position="last_instruction", splits=("train", "validation"), gap=0.0, steps=STEPS):
    """Scores of four layers; `agreement(step, layer)` in between 0 and 1."""
    rows = []
    for split in splits:
        for step in steps:
            for layer in range(4):
                value = agreement(step, layer) + (gap if split == "train" else 0.0)
                rows.append(
                    Score(
                        run="r",
                        model="m",
                        seed=1,
                        step=step,
                        split=split,
                        position=position,
                        factor="task",
                        site=f"block.{layer}" if layer else "embed",
                        layer=layer,
                        method="kmeans",
                        metric="ari",
                        value=value,
                        ci_low=value - 0.03,
                        ci_high=value + 0.03,
                        n_examples=100,
                        n_clusters=5,
                    )
                )
    return Scores.from_rows(rows)


def verdicts(scores, **settings):
    chosen = ClaimSettings(**settings)
    return {one.claim: one.verdict for one in judge_claims(scores, chosen) if one.position == chosen.position}


def test_all_hold_where_the_papers_picture_was_planted():
    found = verdicts(planted(lambda step, layer: 0.1 + 0.25 * layer * EMERGING[step]))
    assert found == dict.fromkeys(("emergence", "depth", "baseline", "generalisation"), "holds")


@pytest.mark.parametrize(
    ("agreement", "fails"),
    [
        (lambda step, layer: 0.1, {"emergence", "depth", "generalisation"}),
        (lambda step, layer: 0.8, {"emergence", "depth", "generalisation"}),
        (lambda step, layer: 0.1 + 0.25 * layer * step / 200, {"emergence"}),
        (
            lambda step, layer: 0.1 + 0.25 * (3 - layer) * EMERGING[step],
            {"emergence", "depth", "baseline", "generalisation"},
        ),
        (lambda step, layer: 0.1 + (0.6 + 0.1 * layer) * EMERGING[step], {"baseline"}),
    ],
    ids=["never", "from the start", "not saturated", "upside down", "everywhere"],
)
def test_a_claim_fails_where_another_picture_was_planted(agreement, fails):
    found = verdicts(planted(agreement))
    assert {claim for claim, verdict in found.items() if verdict == "fails"} == fails


def test_validation_that_stays_behind_fails():
    found = verdicts(planted(lambda step, layer: 0.1 + 0.2 * layer * EMERGING[step], gap=0.2))
    assert found["generalisation"] == "fails"


@pytest.mark.parametrize("changes", [{"splits": ("train",)}, {"steps": (0,)}])
def test_what_was_not_measured_is_not_judged(changes):
    found = verdicts(planted(lambda step, layer: 0.5, **changes))
    assert set(found.values()) == {"not measured"}


def test_the_runs_own_position_comes_first():
    scores = Scores.concatenate(
        planted(lambda step, layer, level=level: 0.1 + layer * level * EMERGING[step], position=position)
        for position, level in (("input", 0.25), ("last_instruction", 0.0))
    )
    found = judge_claims(scores, ClaimSettings())
    assert [one.position for one in found] == ["last_instruction"] * 4 + ["input"] * 4
    assert [one.verdict for one in found if one.claim == "emergence"] == ["fails", "holds"]


def test_claims_round_trip(tmp_path):
    found = judge_claims(planted(lambda step, layer: 0.5), ClaimSettings())
    write_claims(found, tmp_path / "claims.json")
    assert read_claims(tmp_path / "claims.json") == found
