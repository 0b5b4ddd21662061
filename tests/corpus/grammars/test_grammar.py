"""What is drawn: disjoint, within bounds, shared symbols, the same again from the same seed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nucleate.corpus.grammars.expressions import Expression
from nucleate.corpus.grammars.grammar import draw_expressions
from nucleate.corpus.settings import GrammarSettings
from nucleate.errors import ConfigError, CorpusError


def drawn(n: int = 40, seed: int = 0) -> list[Expression]:
    return draw_expressions(n, GrammarSettings(), 50, np.random.default_rng(seed))


def test_expressions_are_pairwise_disjoint_and_within_bounds() -> None:
    expressions = drawn()
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(expressions, 2))
    assert all(50 <= expression.size <= 100_000 for expression in expressions)
    for expression in expressions:
        lengths = {len(expression.unrank(rank).split()) for rank in (0, expression.size - 1)}
        assert min(lengths) >= 4
        assert max(lengths) <= 10


def test_same_seed_same_expressions() -> None:
    assert drawn() == drawn()
    assert drawn() != drawn(seed=1)


def test_no_symbol_belongs_to_one_expression() -> None:
    texts = [set(expression.text.split()) for expression in drawn()]
    for index in range(GrammarSettings().n_symbols):
        assert sum(f"s{index:02d}" in text for text in texts) >= 5


def test_expressions_use_every_construct() -> None:
    text = " ".join(expression.text for expression in drawn())
    assert all(mark in text for mark in ("|", ")?", ")*", "){0,", "){1,"))


def test_giving_up_says_what_to_change() -> None:
    settings = GrammarSettings(n_symbols=2, max_length=4, max_attempts=20)
    with pytest.raises(
        CorpusError, match=r"Raise corpus\.max_attempts, corpus\.n_symbols, corpus\.max_length"
    ):
        draw_expressions(50, settings, 10, np.random.default_rng(0))


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"min_length \(9\) is above max_length \(5\)"):
        GrammarSettings.from_mapping({"min_length": 9, "max_length": 5}, "a test")
    with pytest.raises(ConfigError, match=r"min_parts \(9\) is above max_parts \(5\)"):
        GrammarSettings.from_mapping({"min_parts": 9}, "a test")
