"""A changed rule is a changed version; what cannot be told is neither held nor failed."""

from dataclasses import replace

import pytest

from nucleate.claims.claim import Claim, Judgment
from nucleate.claims.evidence import Evidence
from nucleate.claims.verdicts import Straddle
from nucleate.scores import Scores
from nucleate.view import View

NOTHING = Evidence(Scores.from_rows([]), View(position="input"))
CLAIM = Claim("tall", "It is tall.", "at least 0.5", lambda evidence: None, {"LEAST": 0.5})


@pytest.mark.parametrize(
    "change", [{"name": "high"}, {"rule": "at least half"}, {"thresholds": {"LEAST": 0.6}}, {"version": 2}]
)
def test_another_rule_has_another_digest(change):
    assert replace(CLAIM, **change).rule_digest != CLAIM.rule_digest


def test_the_digest_is_of_the_rule_alone():
    said_otherwise = replace(CLAIM, words="It stands tall.", judge=lambda evidence: Judgment(True, {}))
    assert said_otherwise.rule_digest == CLAIM.rule_digest
    assert len(CLAIM.rule_digest) == 64


@pytest.mark.parametrize(
    ("holds", "fails", "verdict"),
    [
        (True, False, "holds"),
        (False, True, "fails"),
        (True, True, "fails"),
        (False, False, "inconclusive"),
    ],
)
def test_what_surely_lacks_something_fails_and_what_is_open_says_what_it_straddles(holds, fails, verdict):
    open_ = Straddle("height", 0.4, 0.7, 0.5)
    told = Judgment.told(
        holds=holds, fails=fails, figures={"height": 0.55}, control="untrained", straddles=[open_]
    )
    found = replace(CLAIM, judge=lambda evidence: told).verdict(NOTHING)
    assert (found.verdict, found.position, found.control) == (verdict, "input", "untrained")
    assert found.straddles == ((open_,) if verdict == "inconclusive" else ())
    assert bool(found.lacking) == (verdict == "inconclusive")


def test_without_data_nothing_is_judged():
    found = CLAIM.verdict(NOTHING)
    assert (found.verdict, found.figures, found.lacking) == ("not measured", {}, "")
    assert found.rule_digest == CLAIM.rule_digest


def test_of_several_things_asked_for_the_unmet_are_named():
    judged = Judgment.of({"height": True, "breadth": False, "depth": False}, {})
    assert (judged.holds, judged.lacking) == (False, "breadth, depth")
