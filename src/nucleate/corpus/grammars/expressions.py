"""Regular expressions over instruction symbols: text, automaton, exact counts, uniform samples.

This module hides how a pattern becomes a deterministic automaton that can never grow past a cap, and how
instructions are drawn without bias. A string that many derivations lead to is no likelier than any other,
because strings are drawn by their rank in the language (length first, then symbol by symbol) and not by
walking the pattern. automata-lib reads one character per symbol, so every symbol is given a private-use
code point; nothing outside this module sees one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TypeAlias

import numpy as np
from automata.fa.dfa import DFA

from nucleate.errors import CorpusError

FIRST_LETTER = 0xE000


@dataclass(frozen=True)
class Symbol:
    """One symbol of the instruction alphabet."""

    index: int

    def __str__(self) -> str:
        return symbol_name(self.index)


@dataclass(frozen=True)
class Choice:
    """One of several patterns."""

    options: tuple[Pattern, ...]

    def __str__(self) -> str:
        return f"( {' | '.join(map(pattern_text, self.options))} )"


@dataclass(frozen=True)
class Repeat:
    """A pattern `low` to `high` times in a row; without end where `high` is None."""

    body: Pattern
    low: int
    high: int | None

    def __str__(self) -> str:
        marks = {(0, 1): "?", (0, None): "*"}
        mark = marks.get((self.low, self.high), f"{{{self.low},{'' if self.high is None else self.high}}}")
        text = pattern_text(self.body)
        in_brackets = len(self.body) == 1 and isinstance(self.body[0], Choice)
        return f"{text if in_brackets else f'( {text} )'}{mark}"


Pattern: TypeAlias = tuple[Symbol | Choice | Repeat, ...]
"""Parts to be matched one after the other."""


def symbol_name(index: int) -> str:
    """The word that stands for a symbol in an instruction."""
    return f"s{index:02d}"


def pattern_text(pattern: Pattern) -> str:
    """The pattern as one writes it, symbols separated by one space."""
    return " ".join(map(str, pattern))


@dataclass(frozen=True)
class Expression:
    """A regular expression and the strings of `min_length` to `max_length` symbols that it matches.

    Attributes:
        text: readable, such as `s03 ( s01 | s07 s02 ) ( s04 )? ( s05 ){1,3} ( s06 )*`.
        automaton: the minimal deterministic automaton, of the language without its length bounds.
    """

    text: str
    automaton: DFA = field(repr=False, compare=False)
    min_length: int
    max_length: int

    @classmethod
    def from_pattern(
        cls, pattern: Pattern, n_symbols: int, min_length: int, max_length: int, max_states: int
    ) -> Expression:
        """Raises CorpusError where the automaton would have more than `max_states` states."""
        automaton = _determinise(pattern, n_symbols, max_states)
        return cls(pattern_text(pattern), automaton, min_length, max_length)

    @cached_property
    def size(self) -> int:
        """How many strings the bounded language has, exactly."""
        start = self.automaton.initial_state
        return sum(self._endings[length][start] for length in self._lengths)

    def unrank(self, rank: int) -> str:
        """The string at place `rank`, from 0 to `size` - 1: shorter ones first, then in symbol order."""
        state = self.automaton.initial_state
        for length in self._lengths:
            if rank < self._endings[length][state]:
                return " ".join(self._spell(rank, length))
            rank -= self._endings[length][state]
        raise IndexError(f"the language has only {self.size} strings")

    def sample(self, n: int, rng: np.random.Generator) -> list[str]:
        """`n` distinct strings, every set of `n` strings of the bounded language equally likely.

        Raises:
            CorpusError: the language has fewer than `n` strings.
        """
        if n > self.size:
            raise CorpusError(
                f"{n} instructions asked of {self.text}, which has {self.size}",
                "Ask for fewer variants, or raise corpus.max_length.",
            )
        return [self.unrank(int(rank)) for rank in rng.choice(self.size, n, replace=False)]

    def matches(self, instruction: str) -> bool:
        """Whether an instruction belongs to the bounded language."""
        symbols = instruction.split()
        letters = "".join(_letter(int(symbol[1:])) for symbol in symbols)
        return len(symbols) in self._lengths and bool(self.automaton.accepts_input(letters))

    def isdisjoint(self, other: Expression) -> bool:
        """Whether no string at all, of any length, is in both languages."""
        return bool(self.automaton.isdisjoint(other.automaton))

    @property
    def _lengths(self) -> range:
        return range(self.min_length, self.max_length + 1)

    @cached_property
    def _endings(self) -> list[Mapping[int, int]]:
        """By number of symbols left and state: in how many ways an accepted string can end."""
        automaton = self.automaton
        table: list[Mapping[int, int]] = [
            {state: int(state in automaton.final_states) for state in automaton.states}
        ]
        for _ in range(self.max_length):
            table.append(
                {
                    state: sum(table[-1][target] for target in automaton.transitions[state].values())
                    for state in automaton.states
                }
            )
        return table

    def _spell(self, rank: int, length: int) -> Iterator[str]:
        state = self.automaton.initial_state
        for left in range(length - 1, -1, -1):
            for letter, target in sorted(self.automaton.transitions[state].items()):
                if rank < self._endings[left][target]:
                    yield symbol_name(ord(letter) - FIRST_LETTER)
                    state = target
                    break
                rank -= self._endings[left][target]


def _letter(index: int) -> str:
    return chr(FIRST_LETTER + index)


def _determinise(pattern: Pattern, n_symbols: int, max_states: int) -> DFA:
    """Subset construction over partial derivatives, given up as soon as it passes `max_states`.

    A state of the non-deterministic automaton is what is left to match, so it need not be built first.

    Source: Antimirov (1996), "Partial derivatives of regular expressions and finite automaton
    constructions".
    """
    numbers = {frozenset([pattern]): 0}
    transitions: dict[int, dict[str, int]] = {}
    queue = deque(numbers)
    while queue:
        subset = queue.popleft()
        moves = transitions[numbers[subset]] = {}
        for index, target in _moves(subset).items():
            if target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
            moves[_letter(index)] = numbers[target]
        if len(numbers) > max_states:
            raise CorpusError(
                f"the automaton of {pattern_text(pattern)} has more than {max_states} states",
                "Raise corpus.max_states, or use a simpler expression.",
            )
    return DFA(
        states=set(transitions),
        input_symbols={_letter(index) for index in range(n_symbols)},
        transitions=transitions,
        initial_state=0,
        final_states={number for subset, number in numbers.items() if any(map(_is_nullable, subset))},
        allow_partial=True,
    ).minify()


def _moves(subset: frozenset[Pattern]) -> dict[int, frozenset[Pattern]]:
    targets: dict[int, set[Pattern]] = {}
    for pattern in subset:
        for index, rest in _derivatives(pattern):
            targets.setdefault(index, set()).add(rest)
    return {index: frozenset(rests) for index, rests in targets.items()}


def _derivatives(pattern: Pattern) -> Iterator[tuple[int, Pattern]]:
    """Every symbol that can come next, with what is then left to match."""
    if not pattern:
        return
    head, rest = pattern[0], pattern[1:]
    match head:
        case Symbol(index):
            yield index, rest
        case Choice(options):
            for index, left in chain.from_iterable(map(_derivatives, options)):
                yield index, left + rest
        case Repeat(body):
            for index, left in _derivatives(body):
                yield index, left + _once_less(head) + rest
    if _is_nullable((head,)):
        yield from _derivatives(rest)


def _once_less(repeat: Repeat) -> Pattern:
    if repeat.high == 1:
        return ()
    high = None if repeat.high is None else repeat.high - 1
    return (Repeat(repeat.body, max(repeat.low - 1, 0), high),)


def _is_nullable(pattern: Pattern) -> bool:
    """Whether the pattern matches the empty string."""
    return all(
        (isinstance(part, Choice) and any(map(_is_nullable, part.options)))
        or (isinstance(part, Repeat) and (part.low == 0 or _is_nullable(part.body)))
        for part in pattern
    )
