"""Verdicts hold together at any width of a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nucleate.claims.verdicts import ClaimVerdict
from nucleate.cli.verdicts import print_verdicts

VERDICTS = [
    ClaimVerdict(
        claim="generalisation",
        position="last_instruction",
        verdict=verdict,
        rule="clusters of unseen instructions agree at least 0.75 times as much as those of as many trained ones",
        words="hidden states of instructions [b]never trained on gather by task as trained ones do",
        figures={"share_of_train": 0.61, "agreement_of_as_many_trained_instructions": 0.73},
        lacking="share of train between 0.61 and 0.78, threshold 0.75",
    )
    for verdict in ("holds", "fails", "inconclusive", "not measured")
]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_marks_stay_with_their_words_and_lines_fit(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    print_verdicts(VERDICTS, "last_instruction", with_rules=True)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    heads = [line.strip() for line in lines if line.strip().startswith(("✓", "✗", "?", "–"))]
    assert heads == [
        f"{mark} generalisation: {one.verdict}" for mark, one in zip("✓✗?–", VERDICTS, strict=True)
    ]
    assert any("[b]never" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_other_positions_are_marks_with_their_claims(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    names = ("emergence", "depth", "baseline", "generalisation", "realistic", "unseen")
    elsewhere = [replace(VERDICTS[i % 4], claim=name, position="input") for i, name in enumerate(names)]
    print_verdicts([*VERDICTS, *elsewhere], "last_instruction")
    told = capsys.readouterr().out.split("at input:")[1].splitlines()
    assert max(map(len, told)) <= width and all(line == line.rstrip() for line in told)
    pairs = [pair for line in told for pair in line.split("  ") if pair.strip()]
    assert [pair.strip() for pair in pairs] == [f"{'✓✗?–'[i % 4]} {name}" for i, name in enumerate(names)]


def test_a_rule_is_told_where_it_is_asked_for(capsys):
    print_verdicts(VERDICTS[:1], "last_instruction", with_rules=True)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("    Rule: clusters") for line in lines)
