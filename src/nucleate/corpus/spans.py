"""Spans: where in the tokens of an instance its instruction, its input and its answer lie.

Positions are counted from here and from nowhere else, so that a corpus of one-token words and one of natural
language are captured, packed and intervened on alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nucleate.errors import CorpusError
from nucleate.lazy import Int


@dataclass(frozen=True)
class Spans:
    """Of some instances: first token, and the one behind the last.

    Attributes:
        instruction: None where the corpus does not know its instructions.
        input: None where it does not know its inputs.
        prompt: tokens before the answer, those that a tokenizer puts before a text among them.
        drawn: one of the prompt's tokens, all of them as likely; None where no draw was made.
    """

    instruction: Int[np.ndarray, "example 2"] | None
    input: Int[np.ndarray, "example 2"] | None
    prompt: Int[np.ndarray, " example"]
    drawn: Int[np.ndarray, " example"] | None = None

    @property
    def positions(self) -> tuple[str, ...]:
        """The positions that can be told, by the names of `capture.positions`."""
        of_instruction = ("last_instruction", "instruction_mean") if self.instruction is not None else ()
        of_prompt = ("last", "prompt_mean", *(("every_token",) if self.drawn is not None else ()))
        return (*of_instruction, *(("input",) if self.input is not None else ()), *of_prompt)

    @property
    def before_input(self) -> tuple[str, ...]:
        """The positions whose states no input can reach, so that an instruction has one state there."""
        if self.instruction is None or self.input is None:
            return ()
        return self.positions[:2] if (self.instruction[:, 1] <= self.input[:, 0]).all() else ()

    @property
    def told(self) -> Int[np.ndarray, "example 2"]:
        """The tokens that tell the task: the instruction, or the whole prompt where that is not known."""
        if self.instruction is not None:
            return self.instruction
        return np.stack([np.zeros_like(self.prompt), self.prompt], axis=1)

    def select(self, rows: Int[np.ndarray, " chosen"]) -> Spans:
        return Spans(
            None if self.instruction is None else self.instruction[rows],
            None if self.input is None else self.input[rows],
            self.prompt[rows],
            None if self.drawn is None else self.drawn[rows],
        )

    def require(self, position: str) -> None:
        """Raises CorpusError where the corpus cannot tell a position."""
        if position not in self.positions:
            raise CorpusError(
                f"the corpus cannot tell the position {position!r} of its prompts",
                f"It can tell: {', '.join(self.positions)}. Give the prompts' `instruction` and `input`.",
            )


def draw_tokens(
    instances: Int[np.ndarray, " example"], prompt: Int[np.ndarray, " example"]
) -> Int[np.ndarray, " example"]:
    """One token of each prompt, all of them as likely: a pure function of the instance's number.

    Whatever a prompt is captured with, at whatever step, it is the same token.

    Source: Steele, Lea and Flood (2014), SplitMix64, whose finalizer makes the numbers look independent.
    """
    mixed = (instances.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    share = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.asarray((share * prompt).astype(np.int64))
