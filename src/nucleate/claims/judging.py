"""The list of claims, and the one way to judge them.

A claim more is an entry more. Each is judged at every position that the table it rests on speaks of; the
run's own (`claims.position`) is the one that `nucleate verify` stands by.
"""

from __future__ import annotations

from collections.abc import Sequence

from nucleate.claims.agreement import AGREEMENT
from nucleate.claims.causes import CAUSES
from nucleate.claims.claim import Claim
from nucleate.claims.evidence import Evidence
from nucleate.claims.verdicts import ClaimVerdict

CLAIMS: tuple[Claim, ...] = (*AGREEMENT, *CAUSES)


def judge_claims(evidence: Evidence, claims: Sequence[Claim] = CLAIMS) -> list[ClaimVerdict]:
    """Every claim at every position where there is something to judge; the run's own comes first, whole."""
    own, by_table = evidence.view.position, evidence.positions
    positions = dict.fromkeys((own, *(position for there in by_table.values() for position in there)))
    return [
        claim.verdict(here)
        for position, here in ((position, evidence.at(position)) for position in positions)
        for claim in claims
        if position == own or position in by_table[claim.rests_on]
    ]


def rules_digest(claims: Sequence[Claim] = CLAIMS) -> list[str]:
    """The digests of all rules: verdicts under others are out of date."""
    return [claim.rule_digest for claim in claims]
