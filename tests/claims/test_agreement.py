"""A claim must hold where it was planted and fail where it was not."""

from functools import partial
from pathlib import Path

import numpy as np
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


def not_holding(scores, **settings):
    """Claims that do not hold, with their verdicts in short; `realistic`, not measured, is left out."""
    found = verdicts(scores, **settings)
    assert found.pop("realistic") == "not measured"
    return {claim: verdict for claim, verdict in found.items() if verdict != "holds"}


@pytest.mark.parametrize("bag", [None, 0.15])
def test_all_hold_where_the_papers_picture_was_planted(planted_scores, bag):
    assert failing(planted_scores(papers, bag=bag)) == set()


def test_the_untrained_control_is_enough(planted_scores):
    scores = planted_scores(papers).where(control=["none", "untrained", "size_matched"])
    assert failing(scores) == set()


@pytest.mark.parametrize(
    ("agreement", "fails"),
    [
        (lambda step, layer: 0.05 + 0.22 * layer * step / 200, {"emergence"}),
        (lambda step, layer: 0.05 + 0.1 * layer * RISE[step], {"emergence"}),
        (lambda step, layer: 0.05 + 0.22 * layer * (RISE[step] if step < 200 else 0.5), {"emergence"}),
        (lambda step, layer: 0.05 + (0.7 + 0.05 * layer) * RISE[step], {"baseline"}),
        (lambda step, layer: 0.05 + 0.95 * RISE[step] * (layer > 0) * (1 - 0.09 * layer), {"depth"}),
    ],
    ids=[
        "not saturated",
        "not high",
        "falls at the end",
        "layer 0 as well",
        "lower layers better, but for layer 0",
    ],
)
def test_a_claim_fails_where_another_picture_was_planted(planted_scores, agreement, fails):
    assert failing(planted_scores(agreement)) == fails


@pytest.mark.parametrize(
    "agreement",
    [
        lambda step, layer: 0.0,
        lambda step, layer: 0.8,
        lambda step, layer: 0.2 * layer,
        lambda step, layer: 0.05 + 0.22 * (4 - layer) * RISE[step],
    ],
    ids=["shuffled tasks: never", "untrained: all layers", "untrained: as ordered as trained", "upside down"],
)
def test_where_the_top_layer_learns_nothing_that_layer_0_does_not_either_is_no_finding(
    planted_scores, agreement
):
    scores = planted_scores(agreement)
    assert not_holding(scores) == dict.fromkeys(ALL, "fails") | {"baseline": "not measured"}
    baseline = next(one for one in judged(scores) if one.claim == "baseline")
    assert baseline.lacking == "nothing to compare with: the top layer moves by 0.00"


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
    """The top layer has 0.03 over token counts, with an error of as much in both."""
    scores = planted_scores(papers, bag=0.9)
    assert not_holding(scores) == {
        "emergence": "fails",
        "generalisation": "fails",
        "depth": "inconclusive",
    }
    found = {one.claim: one for one in judged(scores)}
    assert found["emergence"].control == "bag_of_tokens"
    assert found["emergence"].figures["excess"] == pytest.approx(0.93 - 0.9, abs=0.02)


def test_what_the_surface_beats_is_worse_than_it(planted_scores):
    found = next(one for one in judged(planted_scores(papers, bag=1.0)) if one.claim == "depth")
    assert (found.verdict, found.lacking) == ("fails", "the top above controls")


def test_intervals_wide_enough_for_anything_decide_nothing(planted_scores):
    scores = planted_scores(papers, spread=0.5)
    assert not_holding(scores) == dict.fromkeys(ALL, "inconclusive")
    for one in judged(scores):
        assert bool(one.straddles) == (one.verdict == "inconclusive")
        assert all(open_.low < open_.threshold < open_.high for open_ in one.straddles)


@pytest.mark.parametrize(
    ("top", "spread", "verdict", "low", "high"),
    [
        (0.49, 0.10, "inconclusive", 0.29, 0.69),
        (0.51, 0.02, "inconclusive", 0.47, 0.55),
        (0.49, 0.002, "fails", 0.486, 0.494),
        (0.55, 0.02, "holds", 0.51, 0.59),
    ],
)
def test_height_is_judged_by_the_interval_of_the_excess(planted_scores, top, spread, verdict, low, high):
    """Both the figure's own error and its control's count, and neither side of 0.5 is sure by the figure."""
    scores = planted_scores(lambda step, layer: top * layer / 4 * (step >= 20), spread=spread)
    found = next(one for one in judged(scores) if one.claim == "emergence")
    assert [found.figures[f"excess{end}"] for end in ("_low", "", "_high")] == pytest.approx([low, top, high])
    about = {one.figure: one.threshold for one in found.straddles}
    assert about.get("excess") == (0.5 if verdict == "inconclusive" else None)
    assert found.verdict == verdict


def test_layers_whose_intervals_overlap_are_not_told_apart(planted_scores):
    def nearly_alike(step, layer):
        return 0.05 + (0.5 + 0.03 * layer) * RISE[step]

    def the_other_way(step, layer):
        return 0.05 + (0.6 - 0.03 * layer) * RISE[step]

    assert verdicts(planted_scores(nearly_alike, spread=0.02))["depth"] == "holds"
    assert verdicts(planted_scores(nearly_alike, spread=0.08))["depth"] == "inconclusive"
    assert verdicts(planted_scores(the_other_way, spread=0.02))["depth"] == "fails"


@pytest.mark.parametrize(
    ("bottom", "top", "spread", "verdict", "share"),
    [
        (0.0943, 0.1974, 0.001, "not measured", None),
        (0.0943, 0.1974, 0.02, "inconclusive", 0.4777),
        (0.09, 0.3, 0.003, "holds", 0.3),
        (0.09, 0.3, 0.01, "inconclusive", 0.3),
        (0.12, 0.3, 0.003, "fails", 0.4),
        (0.12, 0.8, 0.01, "holds", 0.15),
        (0.3, 0.8, 0.01, "fails", 0.375),
        (0.21, 0.8, 0.01, "inconclusive", 0.2625),
    ],
)
def test_layer_0_moves_beside_the_top_layer_by_intervals(planted_scores, bottom, top, spread, verdict, share):
    """Half-widths add up as the root of the sum of squares: of 0.005 an error of 0.007 in a change."""
    scores = planted_scores(lambda step, layer: (top if layer else bottom) * (step >= 20), spread=spread)
    found = next(one for one in judged(scores) if one.claim == "baseline")
    assert (found.verdict, found.figures.get("share_of_top_change")) == (
        verdict,
        pytest.approx(share, abs=1e-4),
    )
    if share:
        ends = [found.figures[f"change_at_layer_0{end}"] for end in ("_low", "_high")]
        assert ends == pytest.approx([bottom - 2**0.5 * spread, bottom + 2**0.5 * spread], abs=1e-4)


def test_without_step_0_nobody_knows_what_layer_0_was(planted_scores):
    scores = planted_scores(papers, steps=(50, 100, 150, 200))
    found = next(one for one in judged(scores) if one.claim == "baseline")
    assert found.verdict == "not measured" and found.lacking.startswith("no step 0")


def test_layer_0_alone_is_not_compared_with_itself(planted_scores):
    scores = planted_scores(lambda step, layer: 0.8 * RISE[step], n_layer=0)
    assert {claim: verdicts(scores)[claim] for claim in ("baseline", "depth")} == dict.fromkeys(
        ("baseline", "depth"), "not measured"
    )


def test_a_missing_interval_is_no_certainty(planted_scores):
    frame = planted_scores(papers).to_pandas().assign(ci_low=np.nan, ci_high=np.nan)
    scores = Scores.from_rows(Score(**row) for row in frame.to_dict("records"))
    assert not_holding(scores) == dict.fromkeys(ALL, "not measured")
    assert all(one.lacking.startswith("no interval: ") for one in judged(scores) if one.claim in ALL)


@pytest.mark.parametrize("control", ["untrained", "size_matched"])
def test_a_control_without_an_interval_is_none_either(planted_scores, control):
    frame = planted_scores(papers).to_pandas()
    frame.loc[frame["control"] == control, ["ci_low", "ci_high"]] = np.nan
    scores = Scores.from_rows(Score(**row) for row in frame.to_dict("records"))
    lacking = {"generalisation", *(("emergence", "depth") if control == "untrained" else ())}
    assert not_holding(scores) == dict.fromkeys(lacking, "not measured")


def test_the_last_third_is_one_of_the_steps_that_were_scored(planted_scores):
    """A plateau from step 1000 to 1050 was inconclusive, its gain stretched over a third of 1050 steps."""
    rise = dict(zip((1000, 1010, 1020, 1030, 1040, 1050), (0.1, 0.4, 0.8, 0.93, 0.94, 0.94), strict=True))
    scores = planted_scores(lambda step, layer: rise.get(step, 0) * layer / 4, steps=tuple(rise), bag=0.0)
    assert verdicts(scores.where(control=["none", "bag_of_tokens", "size_matched"]))["emergence"] == "holds"
    late = planted_scores(lambda step, layer: rise.get(step, 0) * layer / 4, steps=(0, *rise))
    found = next(one for one in judged(late) if one.claim == "emergence")
    assert found.verdict == "not measured" and found.lacking.startswith("too few checkpoints")


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
    """All of train reaches 0.93, but so few of it 0.6: unseen ones at 0.55 follow these."""
    scores = planted_scores(papers, share=0.6, matched=0.65)
    assert verdicts(scores)["generalisation"] == "holds"
    found = next(one for one in judged(scores) if one.claim == "generalisation")
    assert found.figures["size_matched"] == pytest.approx(0.65 * 0.92 - 0.03, abs=0.02)


@pytest.mark.parametrize(
    ("position", "share", "spread", "verdict"),
    [
        ("input", 0.74, 0.1, "inconclusive"),
        ("input", 0.80, 0.1, "inconclusive"),
        ("input", 0.70, 0.004, "fails"),
        ("input", 0.80, 0.004, "holds"),
        ("last_instruction", 0.72, 0.05, "inconclusive"),
        ("last_instruction", 0.62, 0.02, "fails"),
        ("last_instruction", 0.85, 0.02, "holds"),
    ],
)
def test_the_share_of_train_has_the_errors_of_both(planted_scores, position, share, spread, verdict):
    held_out = "unseen_instruction" if position == "last_instruction" else "validation"
    scores = planted_scores(
        lambda step, layer: 0.22 * layer * RISE[step],
        splits=("train", held_out),
        share=share,
        spread=spread,
        position=position,
    )
    found = next(one for one in judged(scores, position=position) if one.claim == "generalisation")
    assert found.verdict == verdict
    of_trained = spread if position == "last_instruction" else 2 * spread  # over the same controls, or not
    reach = (4 * spread**2 + (0.75 * of_trained) ** 2) ** 0.5
    ends = [found.figures[f"beyond_share_of_train{end}"] for end in ("_low", "", "_high")]
    assert ends == pytest.approx([ends[1] - reach, ends[1], ends[1] + reach], abs=2e-4)
    assert ends[1] == pytest.approx((share - 0.75) * 0.87, abs=0.01)


def test_validation_is_no_test_before_the_input(planted_scores):
    scores = planted_scores(papers, splits=("train", "validation"))
    assert verdicts(scores)["generalisation"] == "not measured"
    assert "'unseen_instruction'" in lacking(scores)["generalisation"]


def lacking(scores, **settings):
    here = [one for one in judged(scores, **settings) if one.position == ClaimSettings(**settings).position]
    return {one.claim: one.lacking for one in here if one.verdict == "not measured"}


@pytest.mark.parametrize(
    ("splits", "claims", "why"),
    [
        (("train",), ALL, "no example of the split 'validation' is scored, only of train; give it to some"),
        (("train", "Validation"), ALL, "only of Validation, train"),
        (
            ("validation",),
            {"generalisation"},
            "no example of the split 'train' is scored, only of validation",
        ),
    ],
)
def test_a_split_that_is_missing_is_named_with_what_to_add(planted_scores, splits, claims, why):
    found = lacking(planted_scores(papers, splits=splits, position="input"), position="input")
    assert all(why in found[claim] for claim in claims)
    assert found["realistic"] == "the training does not begin with a pretrained model"


def test_one_checkpoint_one_layer_and_no_labels_are_named(planted_scores):
    one = planted_scores(papers, steps=(200,))
    assert all("only one checkpoint" in lacking(one)[claim] for claim in ALL)
    alone = planted_scores(lambda step, layer: 0.8 * RISE[step], n_layer=0)
    assert lacking(alone)["depth"] == "layers that are scored: 1; it takes 2"
    assert "no agreement with tone" in lacking(planted_scores(papers), factor="tone")["depth"]


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
    open_ = [one.figure for one in found.straddles if one.figure != "excess"]
    assert open_ == ["late_gain"] * (verdict == "inconclusive")


def test_a_level_curve_below_its_controls_lacks_no_level(planted_scores):
    """Half of the pace of a climb to less than nothing is less than nothing: no gain was as small."""
    scores = planted_scores(lambda step, layer: 0.1, steps=(20, 50, 100, 150, 200), bag=0.3, spread=0.0)
    found = next(one for one in judged(scores) if one.claim == "emergence")
    assert found.figures["highest"] < 0
    assert (found.verdict, found.lacking) == ("fails", "a high value")


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
    alone = next(one for one in judged(both.where(metric="ari_across")) if one.claim == "emergence")
    assert alone.verdict == "fails" and "plain_ari" not in alone.figures, "where it was not scored"


def test_how_far_starts_agree_stands_beside_agreement_that_may_be_of_one_start(planted_scores):
    scores = planted_scores(lambda step, layer: min(step / 50, 1) * layer / 4)
    starts = scores.where(metric="ari", control="none").to_pandas().assign(metric="stability")
    starts["value"] = starts["layer"] / 10 + starts["step"] / 1000
    both = Scores.concatenate([scores, Scores.from_rows(Score(**row) for row in starts.to_dict("records"))])
    found, without = (next(one for one in judged(of) if one.claim == "emergence") for of in (both, scores))
    assert found.figures["stability"] == pytest.approx(0.4 + 0.2), "of the top layer at the last step"
    assert found.verdict == without.verdict == "holds" and "stability" not in without.figures


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
