"""Random regular expressions, one per dialect, no two of which share a string.

This module hides which expressions are likely, and which are drawn again (too few or too many strings, an
automaton past its cap, a string in common with an earlier expression). The alphabet is small and every
expression draws from all of it, so a single symbol does not give its task away.
"""

from __future__ import annotations

import numpy as np

from nucleate.corpus.grammars.expressions import Choice, Expression, Pattern, Repeat, Symbol
from nucleate.corpus.settings import GrammarSettings
from nucleate.errors import CorpusError

KINDS = {"literal": 0.15, "choice": 0.5, "optional": 0.1, "bounded": 0.15, "unbounded": 0.1}
"""How likely each kind of part is. Choices lead, because a literal occurs in all strings and so gives an
expression away; unbounded repetition is rare, because most of its strings are as long as strings may be.
"""


def draw_expressions(
    n: int, settings: GrammarSettings, min_size: int, rng: np.random.Generator
) -> list[Expression]:
    """`n` expressions whose languages are pairwise disjoint.

    Args:
        n: how many.
        settings: alphabet and bounds.
        min_size: strings that every bounded language must have at least.
        rng: the only source of chance.

    Raises:
        CorpusError: no further expression was found in `max_attempts` attempts.
    """
    expressions: list[Expression] = []
    while len(expressions) < n:
        expressions.append(_draw_another(expressions, settings, min_size, rng))
    return expressions


def _draw_another(
    others: list[Expression], settings: GrammarSettings, min_size: int, rng: np.random.Generator
) -> Expression:
    for _ in range(settings.max_attempts):
        expression = _draw_expression(settings, rng)
        if (
            expression
            and min_size <= expression.size <= settings.max_language_size
            and all(expression.isdisjoint(other) for other in others)
        ):
            return expression
    raise CorpusError(
        f"no expression with {min_size} to {settings.max_language_size} strings and none in common with "
        f"{len(others)} others was found in {settings.max_attempts} attempts",
        "Raise corpus.max_attempts, corpus.n_symbols, corpus.max_length or corpus.max_language_size, or ask "
        "for fewer variants.",
    )


def _draw_expression(settings: GrammarSettings, rng: np.random.Generator) -> Expression | None:
    """An expression, or None where its automaton would be too large."""
    n_parts = rng.integers(settings.min_parts, settings.max_parts, endpoint=True)
    pattern = tuple(_draw_part(settings.n_symbols, rng) for _ in range(n_parts))
    try:
        return Expression.from_pattern(
            pattern, settings.n_symbols, settings.min_length, settings.max_length, settings.max_states
        )
    except CorpusError:
        return None


def _draw_part(n_symbols: int, rng: np.random.Generator) -> Symbol | Choice | Repeat:
    kind = rng.choice(list(KINDS), p=list(KINDS.values()))
    if kind == "literal":
        return _draw_symbol(n_symbols, rng)
    if kind == "choice":
        return _draw_choice(n_symbols, rng)
    body = _draw_body(n_symbols, rng)
    if kind == "optional":
        return Repeat(body, 0, 1)
    if kind == "unbounded":
        return Repeat(body, 0, None)
    low = int(rng.integers(0, 2))
    return Repeat(body, low, low + int(rng.integers(1, 3)))


def _draw_symbol(n_symbols: int, rng: np.random.Generator) -> Symbol:
    return Symbol(int(rng.integers(n_symbols)))


def _draw_choice(n_symbols: int, rng: np.random.Generator) -> Choice:
    """Three or four phrases, no two the same."""
    n_options = rng.integers(3, 5)
    options: dict[Pattern, None] = {}
    while len(options) < n_options:
        options[_draw_phrase(n_symbols, rng)] = None
    return Choice(tuple(options))


def _draw_phrase(n_symbols: int, rng: np.random.Generator) -> Pattern:
    return tuple(_draw_symbol(n_symbols, rng) for _ in range(rng.integers(1, 3)))


def _draw_body(n_symbols: int, rng: np.random.Generator) -> Pattern:
    """What is repeated: mostly a phrase, at times a choice, so that patterns nest."""
    return (_draw_choice(n_symbols, rng),) if rng.random() < 0.25 else _draw_phrase(n_symbols, rng)
