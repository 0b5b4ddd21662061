"""A claim must hold where it was planted and fail where it was not."""

from functools import partial
from pathlib import Path

import pytest

from nucleate.claims.agreement import AGREEMENT
from nucleate.claims.evidence import Evidence
from nucleate.claims.judging import judge_claims
from nucleate.claims.settings import ClaimSettings
from nucleate.scores import Score, Scores

RISE = {0: 0.0, 5: 0.0, 10: 0.1, 20: 0.3, 50: 0.7, 100: 0.96, 150: 1.0, 200: 1.0}
ALL = {"emergence", "depth", "baseline", "generalisation"}


def papers(step, layer):
    """Higher layers agree better, after training."""
    return 0.05 + 0.22 * layer * RISE[step]


@pytest.fixture
def planted_scores(planted_scores):
    """Before the input only instructions that were never trained on are a test."""
    return partial(planted_scores, splits=("train", "validation", "unseen_instruction"))


def judged(scores, **settings):
    return judge_claims(Evidence.of(scores, ClaimSettings(**settings)), AGREEMENT)


def verdicts(scores, **settings):
    position = ClaimSettings(**settings).position
    return {one.claim: one.verdict for one in judged(scores, **settings) if one.position == position}


def failing(scores):
    found = verdicts(scores)
    assert found.pop("realistic") == "not measured", "no planted model is pretrained, but where it is said"
    assert set(found) == ALL
    assert set(found.values()) <= {"holds", "fails"}
    return {claim for claim, verdict in found.items() if verdict == "fails"}


@pytest.mark.parametrize("bag", [None, 0.15])
def test_all_hold_where_the_papers_picture_was_planted(planted_scores, bag):
    assert failing(planted_scores(papers, bag=bag)) == set()


def test_the_untrained_control_is_enough(planted_scores):
    scores = planted_scores(papers).where(control=["none", "untrained", "size_matched"])
    assert failing(scores) == set()


@pytest.mark.parametrize(
    ("agreement", "fails"),
    [
        (lambda step, layer: 0.0, ALL - {"baseline"}),
        (lambda step, layer: 0.8, ALL - {"baseline"}),
        (lambda step, layer: 0.2 * layer, ALL - {"baseline"}),
        (lambda step, layer: 0.05 + 0.22 * layer * step / 200, {"emergence"}),
        (lambda step, layer: 0.05 + 0.1 * layer * RISE[step], {"emergence"}),
        (lambda step, layer: 0.05 + 0.22 * layer * (RISE[step] if step < 200 else 0.5), {"emergence"}),
        (lambda step, layer: 0.05 + 0.22 * (4 - layer) * RISE[step], ALL),
        (lambda step, layer: 0.05 + (0.7 + 0.05 * layer) * RISE[step], {"baseline"}),
        (lambda step, layer: 0.05 + 0.9 * RISE[step] * (layer > 0) * (1 - 0.1 * layer), {"depth"}),
    ],
    ids=[
        "shuffled tasks: never",
        "untrained: the same at every layer",
        "untrained: as ordered as the trained",
        "not saturated",
        "not high",
        "falls at the end",
        "upside down",
        "layer 0 as well",
        "lower layers better, but for layer 0",
    ],
)
def test_a_claim_fails_where_another_picture_was_planted(planted_scores, agreement, fails):
    assert failing(planted_scores(agreement)) == fails


@pytest.mark.parametrize(
    ("agreement", "lacking"),
    [
        (papers, ""),
        (lambda step, layer: 0.05 + 0.0045 * step * layer / 4, "level over the last third"),
        (lambda step, layer: 0.05 + 0.08 * layer * RISE[step], "a high value"),
        (lambda step, layer: 0.05, "a high value"),
    ],
)
def test_a_verdict_says_what_is_lacking(planted_scores, agreement, lacking):
    (found,) = [
        one
        for one in judged(planted_scores(agreement))
        if one.claim == "emergence" and one.position == ClaimSettings().position
    ]
    assert (found.verdict, found.lacking) == ("fails" if lacking else "holds", lacking)


def test_what_the_surface_gives_away_is_not_credited_to_the_model(planted_scores):
    scores = planted_scores(papers, bag=0.9)
    assert failing(scores) == ALL - {"baseline"}
    found = {one.claim: one for one in judged(scores)}
    assert found["emergence"].control == "bag_of_tokens"
    assert found["emergence"].figures["excess"] == pytest.approx(0.93 - 0.9, abs=0.02)


def test_an_interval_that_reaches_into_its_controls_is_no_excess(planted_scores):
    assert {"emergence", "depth", "generalisation"} <= failing(planted_scores(papers, spread=0.5))


def test_layers_whose_intervals_overlap_are_not_told_apart(planted_scores):
    def nearly_alike(step, layer):
        return 0.05 + (0.5 + 0.03 * layer) * RISE[step]

    assert verdicts(planted_scores(nearly_alike, spread=0.02))["depth"] == "holds"
    assert verdicts(planted_scores(nearly_alike, spread=0.08))["depth"] == "fails"


@pytest.mark.parametrize(
    ("position", "split", "share", "verdict"),
    [
        ("input", "validation", 0.85, "holds"),
        ("input", "validation", 0.6, "fails"),
        ("last_instruction", "validation", 0.0, "holds"),
        ("last_instruction", "unseen_instruction", 0.85, "holds"),
        ("last_instruction", "unseen_instruction", 0.6, "fails"),
        ("last_instruction", "unseen_instruction", 0.0, "fails"),
    ],
)
def test_held_out_splits_must_follow_in_their_measure(planted_scores, position, split, share, verdict):
    """The old rule let unseen instructions at 0.6 of train pass, since validation has train's own states."""
    together = Scores.concatenate(
        planted_scores(papers, splits=[name], share=share if name == split else 1.0, position=position)
        for name in ("train", "validation", "unseen_instruction")
    )
    assert verdicts(together, position=position)["generalisation"] == verdict


def test_fewer_instructions_are_held_against_as_few_trained_ones(planted_scores):
    """All of train reaches 0.93, but so few of it 0.6: unseen ones at 0.5 follow these."""
    scores = planted_scores(papers, share=0.55, matched=0.65)
    assert verdicts(scores)["generalisation"] == "holds"
    found = next(one for one in judged(scores) if one.claim == "generalisation")
    assert found.figures["size_matched"] == pytest.approx(0.65 * 0.92 - 0.03, abs=0.02)


def test_validation_is_no_test_before_the_input(planted_scores):
    scores = planted_scores(papers, splits=("train", "validation"))
    assert verdicts(scores)["generalisation"] == "not measured"


@pytest.mark.parametrize(
    ("gain", "spread", "verdict"),
    [(0.0, 0.03, "holds"), (0.12, 0.03, "inconclusive"), (0.16, 0.03, "inconclusive"), (0.3, 0.03, "fails"),
     (0.0, 0.2, "inconclusive"), (-0.17, 0.03, "inconclusive")],
)  # fmt: skip
def test_emergence_is_open_where_its_gain_may_lie_on_either_side(planted_scores, gain, spread, verdict):
    """Half of the pace of a steady climb to 0.85 is about 0.14; the old rule decided at 0.12 and at 0.16."""

    def late_climb(step, layer):
        return 0.05 + (0.85 + gain * (min(step, 200) - 200) / 67 * (step >= 100)) * layer / 4 * min(
            step / 50, 1
        )

    found = next(one for one in judged(planted_scores(late_climb, spread=spread)) if one.claim == "emergence")
    assert found.verdict == verdict
    assert found.figures["late_gain"] == pytest.approx(gain, abs=0.02)
    assert [one.figure for one in found.straddles] == ["late_gain"] * (verdict == "inconclusive")


def test_where_there_are_dialects_agreement_across_them_is_judged(planted_scores):
    """Plain agreement shows the papers' picture; across dialects there is nothing."""
    plain = planted_scores(papers)
    across = planted_scores(lambda step, layer: 0.0).where(metric="ari").to_pandas()
    both = Scores.concatenate(
        [
            plain,
            Scores.from_rows(Score(**row) for row in across.assign(metric="ari_across").to_dict("records")),
        ]
    )
    assert verdicts(plain)["emergence"] == "holds" and verdicts(both)["emergence"] == "fails"
    found = next(one for one in judged(both) if one.claim == "emergence")
    assert found.figures["plain_ari"] == pytest.approx(0.92, abs=0.02), "the papers' own stands beside it"
    assert "plain_ari" not in next(one for one in judged(plain) if one.claim == "emergence").figures


@pytest.mark.parametrize(
    ("changes", "unmeasured"),
    [
        ({"splits": ("train",)}, ALL),
        ({"splits": ("validation",)}, {"generalisation"}),
        ({"steps": (0,)}, ALL),
        ({"steps": (0, 200)}, {"emergence"}),
    ],
)
def test_what_was_not_measured_is_not_judged(planted_scores, changes, unmeasured):
    found = verdicts(planted_scores(papers, **changes))
    assert {claim for claim, verdict in found.items() if verdict == "not measured"} == {
        *unmeasured,
        "realistic",
    }


def test_agreement_without_any_control_is_not_judged(planted_scores):
    scores = planted_scores(papers, steps=(5, 50, 100, 150, 200)).where(control="none")
    assert set(verdicts(scores).values()) == {"not measured"}


@pytest.mark.parametrize("claim", AGREEMENT, ids=lambda claim: claim.name)
def test_the_method_page_states_every_rule_word_for_word(claim):
    page = " ".join((Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8").split())
    assert f"**{claim.name}**: {claim.words} Rule: {claim.rule}." in page


def late_layers(step, layer):
    """What a pretrained model of 9 blocks shows: nothing at first, then the upper layers."""
    return 0.02 + RISE[step] * min(1.0, max(0.0, 0.2 * (layer - 2)))


@pytest.mark.parametrize(
    ("agreement", "bag", "verdict"),
    [
        (late_layers, 0.05, "holds"),
        (lambda step, layer: late_layers(200, layer), 0.05, "fails"),
        (lambda step, layer: late_layers(step, layer) * 0.4, 0.05, "fails"),
        (lambda step, layer: late_layers(step, 9 - layer), 0.05, "fails"),
        (lambda step, layer: RISE[step], 0.05, "fails"),
        (late_layers, 0.6, "fails"),
    ],
    ids=["planted", "there before training", "too faint", "upside down", "all layers", "words tell"],
)
def test_the_realistic_claim_is_judged_over_the_model_as_it_was(planted_scores, agreement, bag, verdict):
    scores = planted_scores(agreement, n_layer=9, bag=bag)
    assert verdicts(scores, pretrained=True)["realistic"] == verdict
    assert verdicts(scores)["realistic"] == "not measured"


def test_claims_look_at_the_states_that_were_prepared_as_asked(planted_scores):
    scores = planted_scores(papers)
    assert set(verdicts(scores, preparation="standardise").values()) == {"not measured"}
