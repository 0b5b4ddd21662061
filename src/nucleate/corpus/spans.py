"""Spans: where in the tokens of an instance its instruction, its input and its answer lie.

Positions are counted from here and from nowhere else, so that a corpus of one-token words and one of natural
language are captured, packed and intervened on alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from nucleate.errors import CorpusError


@dataclass(frozen=True)
class Spans:
    """Of some instances: first token, and the one behind the last.

    Attributes:
        instruction: None where the corpus does not know its instructions.
        input: None where it does not know its inputs.
        prompt: tokens before the answer, those that a tokenizer puts before a text among them.
    """

    instruction: Int[np.ndarray, "example 2"] | None
    input: Int[np.ndarray, "example 2"] | None
    prompt: Int[np.ndarray, " example"]

    @property
    def positions(self) -> tuple[str, ...]:
        """The positions that can be told, by the names of `capture.positions`."""
        of_instruction = ("last_instruction", "instruction_mean") if self.instruction is not None else ()
        return (*of_instruction, *(("input",) if self.input is not None else ()), "last")

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
        )

    def require(self, position: str) -> None:
        """Raises CorpusError where the corpus cannot tell a position."""
        if position not in self.positions:
            raise CorpusError(
                f"the corpus cannot tell the position {position!r} of its prompts",
                f"It can tell: {', '.join(self.positions)}. Give the prompts' `instruction` and `input`.",
            )
