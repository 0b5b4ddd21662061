"""One list of claims, judged wherever there is something to judge."""

from nucleate.claims.claim import Asked, Claim, Judgment
from nucleate.claims.evidence import Evidence
from nucleate.claims.judging import CLAIMS, judge_claims, rules_digest
from nucleate.claims.settings import ClaimSettings
from nucleate.scores import Scores

RISE = {0: 0.0, 5: 0.0, 10: 0.1, 20: 0.3, 50: 0.7, 100: 0.96, 150: 1.0, 200: 1.0}


def test_the_runs_own_position_comes_first_and_whole(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer, level=level: layer * level * RISE[step], position=position)
        for position, level in (("input", 0.22), ("last_instruction", 0.0))
    )
    found = judge_claims(Evidence.of(scores, ClaimSettings()))
    assert [one.position for one in found] == ["last_instruction"] * len(CLAIMS) + ["input"] * 5
    assert [one.claim for one in found][: len(CLAIMS)] == [claim.name for claim in CLAIMS]
    assert [one.verdict for one in found if one.claim == "emergence"] == ["fails", "holds"]


def test_a_claim_more_is_an_entry_more(planted_scores):
    def judge(evidence):
        accuracy = evidence.scores.where(metric="accuracy", split="validation", step=200).to_pandas()
        (low, right, high) = accuracy[["ci_low", "value", "ci_high"]].iloc[0]
        asked = [Asked("tasks learned", "accuracy", low, high, 0.9)]
        return Judgment.by_intervals(asked, {"accuracy": right})

    mine = Claim("learning", "The model learns its tasks.", "accuracy at least 0.9", judge)
    scores = planted_scores(lambda step, layer: 0.2 * layer * RISE[step])
    found = judge_claims(Evidence.of(scores, ClaimSettings()), [*CLAIMS, mine])
    assert (found[-1].claim, found[-1].verdict, found[-1].figures) == ("learning", "holds", {"accuracy": 1.0})


def test_verdicts_bear_the_digests_of_their_rules(planted_scores):
    found = judge_claims(Evidence.of(planted_scores(lambda step, layer: 0.5), ClaimSettings()))
    assert [one.rule_digest for one in found] == rules_digest()
    assert len(set(rules_digest())) == len(CLAIMS)
