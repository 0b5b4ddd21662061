"""Expressions against two oracles: greenery, and Python's own `re` over every string there is."""

from __future__ import annotations

import itertools
import re

import greenery
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from nucleate.corpus.grammars.expressions import Choice, Expression, Pattern, Repeat, Symbol
from nucleate.corpus.grammars.grammar import draw_expressions
from nucleate.corpus.settings import GrammarSettings
from nucleate.errors import CorpusError

A, B, C = Symbol(0), Symbol(1), Symbol(2)


def compiled(
    pattern: Pattern, min_length: int = 0, max_length: int = 5, max_states: int = 500, n_symbols: int = 3
) -> Expression:
    return Expression.from_pattern(pattern, n_symbols, min_length, max_length, max_states)


def as_letters(text: str) -> str:
    """Symbol `s00` as `a`, and so on, without spaces: syntax that `re` and greenery read."""
    return re.sub(r"s(\d\d)", lambda match: chr(ord("a") + int(match[1])), text).replace(" ", "")


def patterns() -> st.SearchStrategy[Pattern]:
    symbols = st.sampled_from([(A,), (B,), (C,)])
    bounds = st.sampled_from([(0, 1), (0, None), (1, 3), (0, 2), (2, 2), (1, None)])

    def larger(inner: st.SearchStrategy[Pattern]) -> st.SearchStrategy[Pattern]:
        return st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: tuple(itertools.chain(*parts))),
            st.lists(inner, min_size=2, max_size=3).map(lambda options: (Choice(tuple(options)),)),
            st.tuples(inner, bounds).map(lambda pair: (Repeat(pair[0], *pair[1]),)),
        )

    return st.recursive(symbols, larger, max_leaves=8)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(patterns())
def test_language_is_the_one_that_re_matches(pattern: Pattern) -> None:
    expression = compiled(pattern)
    oracle = re.compile(as_letters(expression.text))
    words = ("".join(word) for n in range(6) for word in itertools.product("abc", repeat=n))
    expected = [word for word in words if oracle.fullmatch(word)]
    assert expression.size == len(expected)
    assert [as_letters(expression.unrank(rank)) for rank in range(expression.size)] == expected


def test_text_is_readable() -> None:
    pattern = (
        Symbol(3),
        Choice(((Symbol(1),), (Symbol(7), Symbol(2)))),
        Repeat((Symbol(4),), 0, 1),
        Repeat((Symbol(5),), 1, 3),
        Repeat((Choice(((Symbol(6),), (Symbol(0),))),), 0, None),
    )
    expression = compiled(pattern, n_symbols=8)
    assert expression.text == "s03 ( s01 | s07 s02 ) ( s04 )? ( s05 ){1,3} ( s06 | s00 )*"


def test_size_membership_and_disjointness_agree_with_greenery() -> None:
    grammar = GrammarSettings(n_symbols=8, min_parts=3, max_parts=5, max_length=9)
    drawn = draw_expressions(6, grammar, 20, np.random.default_rng(0))
    machines = [greenery.parse(as_letters(expression.text)).to_fsm() for expression in drawn]
    bounds = greenery.parse(".{4,9}").to_fsm()
    for expression, machine in zip(drawn, machines, strict=True):
        assert expression.size == (machine & bounds).cardinality()
        assert all(machine.accepts(as_letters(expression.unrank(rank))) for rank in range(20))
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(machines, 2))


def test_disjointness_sees_a_shared_string() -> None:
    one = compiled((A, Repeat((B,), 0, None)))
    assert not one.isdisjoint(compiled((Choice(((A, B), (C,))),)))
    assert one.isdisjoint(compiled((B, Repeat((A,), 0, None))))


def test_sample_is_uniform_where_derivations_are_not() -> None:
    """`b` has three derivations, and `b a b` two; yet every string is as likely as any other."""
    pattern = (Choice(((A,), (B, Repeat((Choice(((A,), (B,), (A, B))),), 0, 2)), (B,), (B,))),)
    expression = compiled(pattern, min_length=1)
    rng = np.random.default_rng(0)
    ranks = {expression.unrank(rank): rank for rank in range(expression.size)}
    counts = np.zeros(expression.size)
    for _ in range(200 * expression.size):
        counts[ranks[expression.sample(1, rng)[0]]] += 1
    assert expression.size > 10
    assert chisquare(counts).pvalue > 0.01


def test_sample_of_several_is_uniform_too() -> None:
    expression = compiled((Repeat((Choice(((A,), (B,))),), 1, 3),))
    rng = np.random.default_rng(0)
    ranks = {expression.unrank(rank): rank for rank in range(expression.size)}
    counts = np.zeros(expression.size)
    for _ in range(1000):
        for word in expression.sample(5, rng):
            counts[ranks[word]] += 1
    assert chisquare(counts).pvalue > 0.01


def test_sample_of_the_whole_language_is_the_language() -> None:
    expression = compiled((Repeat((Choice(((A,), (B,), (C,))),), 1, 5),))
    sample = expression.sample(expression.size, np.random.default_rng(0))
    assert len(set(sample)) == expression.size == 3 + 9 + 27 + 81 + 243
    assert all(map(expression.matches, sample))


def test_sample_of_a_vast_language_is_quick_and_distinct() -> None:
    pattern = (Repeat((Choice(((A,), (B,), (C,))),), 0, None),)
    sample = compiled(pattern, max_length=30).sample(1000, np.random.default_rng(0))
    assert len(set(sample)) == 1000


def test_sample_of_more_than_there_is_names_the_mend() -> None:
    with pytest.raises(CorpusError, match="3 instructions asked of s00 s01, which has 1"):
        compiled((A, B)).sample(3, np.random.default_rng(0))


def test_unrank_beyond_the_language_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        compiled((A, B)).unrank(1)


def test_exponential_automaton_is_refused_and_does_not_hang() -> None:
    either = Choice(((A,), (B,)))
    pattern = (Repeat((either,), 0, None), A, Repeat((either,), 20, 20))
    with pytest.raises(CorpusError, match="more than 500 states"):
        compiled(pattern, max_length=30)


def test_nested_counts_are_refused_and_do_not_hang() -> None:
    pattern: Pattern = (A,)
    for _ in range(6):
        pattern = (Repeat(pattern, 50, 50),)
    with pytest.raises(CorpusError, match=r"corpus\.max_states"):
        compiled(pattern)
