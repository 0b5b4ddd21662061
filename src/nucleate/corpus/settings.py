"""What a model is taught, when that is drawn from random grammars.

Tasks, grammars and splits each have their own settings; together they are one flat table, whose keys are
`corpus.n_tasks`, `corpus.n_symbols` and so on. The defaults are those of the `quick` preset.
"""

from __future__ import annotations

import math

from pydantic import Field, model_validator

from nucleate.settings.config import Settings

MAX_SYMBOLS = 6400
"""How many code points Unicode's private use area has: one stands for each symbol."""


class SplitSettings(Settings):
    """What is held out from training."""

    validation_fraction: float = Field(
        0.1, ge=0.0, le=0.5, description="share of the pairs of a trained instruction and a trained input"
    )
    unseen_instruction_fraction: float = Field(
        0.1, ge=0.0, le=1.0, description="instructions never trained on, per trained one; they come on top"
    )
    unseen_dialect: bool = Field(
        False, description="train the last dialect of every task on `bridge_inputs` of its inputs only"
    )
    bridge_inputs: int = Field(2, ge=1, description="inputs that tie an unseen dialect to its task")

    def n_unseen_instructions(self, n_trained: int) -> int:
        """Instructions to draw on top of `n_trained`: at least one, unless the fraction is 0."""
        fraction = self.unseen_instruction_fraction
        return max(1, round(fraction * n_trained)) if fraction > 0 else 0


class GrammarSettings(Settings):
    """The instruction alphabet, and which expressions are kept."""

    n_symbols: int = Field(
        40, ge=2, le=MAX_SYMBOLS, description="size of the alphabet that all expressions share"
    )
    min_length: int = Field(4, ge=1, description="fewest symbols of an instruction")
    max_length: int = Field(
        10, ge=1, le=64, description="most symbols of an instruction; it makes every language finite"
    )
    min_parts: int = Field(
        3, ge=1, description="fewest literals, choices and repetitions that an expression has in a row"
    )
    max_parts: int = Field(5, ge=1, le=32, description="most literals, choices and repetitions in a row")
    max_language_size: int = Field(
        100_000, ge=1, le=2**53, description="most strings that a language may have"
    )
    max_states: int = Field(
        256,
        ge=1,
        description="most states of an automaton before it is minimal: they grow exponentially at worst",
    )
    max_attempts: int = Field(
        1000, ge=1, description="expressions drawn for each one kept, before it is given up"
    )

    @model_validator(mode="after")
    def _check_grammar(self) -> GrammarSettings:
        if self.min_length > self.max_length:
            raise ValueError(f"min_length ({self.min_length}) is above max_length ({self.max_length})")
        if self.min_parts > self.max_parts:
            raise ValueError(f"min_parts ({self.min_parts}) is above max_parts ({self.max_parts})")
        return self


class TaskSettings(Settings):
    """How many tasks there are, and over which tokens."""

    n_tasks: int = Field(20, ge=1, description="functions from inputs to outputs, no two of them the same")
    n_inputs: int = Field(5, ge=1, description="inputs that each function is defined on")
    input_vocabulary: int = Field(20, ge=1, description="input tokens that all tasks draw theirs from")
    output_vocabulary: int = Field(100, ge=1, description="output tokens that all tasks draw theirs from")

    @model_validator(mode="after")
    def _check_tasks(self) -> TaskSettings:
        if self.n_inputs > self.input_vocabulary:
            raise ValueError(
                f"n_inputs ({self.n_inputs}) is above input_vocabulary ({self.input_vocabulary})"
            )
        n_functions = math.comb(self.input_vocabulary, self.n_inputs) * self.output_vocabulary**self.n_inputs
        if self.n_tasks > n_functions:
            raise ValueError(f"n_tasks ({self.n_tasks}) is above the {n_functions} functions that there are")
        return self


class CorpusSettings(SplitSettings, GrammarSettings, TaskSettings):
    """What a model is taught."""

    n_dialects: int = Field(3, ge=1, description="expressions per task")
    n_variants: int = Field(
        90, ge=1, description="instructions of a task that are trained on, over its dialects; mean over tasks"
    )
    variant_spread: float = Field(
        0.2,
        ge=0.0,
        lt=1.0,
        description="how far a dialect's share may lie from the mean, relative to it",
    )
    memorize: bool = Field(
        False,
        description="give every instruction a task at random: only memory tells it then, and no wording does",
    )

    @model_validator(mode="after")
    def _check_variants(self) -> CorpusSettings:
        if self.n_variants < self.n_dialects:
            raise ValueError(
                f"n_variants ({self.n_variants}) is below n_dialects ({self.n_dialects}), "
                "and every dialect needs one"
            )
        per_dialect = self.n_variants // self.n_dialects
        wanted = per_dialect + self.n_unseen_instructions(per_dialect)
        if wanted > self.max_language_size:
            raise ValueError(
                f"n_variants ({self.n_variants}) asks for {wanted} instructions per dialect with the unseen "
                f"ones, above max_language_size ({self.max_language_size})"
            )
        return self

    @model_validator(mode="after")
    def _check_held_out(self) -> CorpusSettings:
        if self.validation_fraction > 0 and self.n_inputs == 1:
            raise ValueError("validation_fraction is above 0, but n_inputs = 1 leaves no pair to hold out")
        if self.unseen_dialect and self.n_dialects == 1:
            raise ValueError(
                "unseen_dialect is on, but n_dialects = 1 leaves no dialect to learn a task from"
            )
        if self.unseen_dialect and self.memorize:
            raise ValueError("unseen_dialect is on, but with memorize no dialect belongs to a task")
        if self.unseen_dialect and self.bridge_inputs > self.n_inputs:
            raise ValueError(
                f"unseen_dialect is on, but bridge_inputs ({self.bridge_inputs}) is more than "
                f"n_inputs ({self.n_inputs})"
            )
        return self
