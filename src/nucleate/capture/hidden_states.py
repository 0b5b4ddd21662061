"""HiddenStates: what was read off a model, with every label beside it.

The one type that passes from the rooms that know models to the rooms that know clusters. It hides
nothing clever; it keeps states, sites, positions and labels together so that they cannot get out of step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nucleate.errors import LabelsError
from nucleate.lazy import Bool, Float, Int

FACTORS = ("task", "dialect", "instruction", "input", "output", "task_input")
"""The labels of a corpus of grammars; `instruction` doubles as the unit of resampling wherever there is
one and no groups are given."""

BEFORE_INPUT = ("last_instruction", "instruction_mean")
"""Positions whose states the input cannot reach where it comes after the instruction."""


@dataclass(frozen=True)
class HiddenStates:
    """States of one model at one step, for the examples of one or more splits.

    Attributes:
        states: one vector of `n_embd` values per example, site and position.
        sites: names along the second axis: `embed`, `block.1` ... `block.N`, `final_norm`.
        positions: names along the third axis, such as `last_instruction`.
        split: the split of each example.
        labels: for each factor, an integer label per example.
        predicted: the token that the model gave the highest logit after the prompt.
        expected: the first token of the true output, `NO_ANSWER` where nothing is expected.
        step: optimizer steps that the model had taken.
        instruction_counts: how often each token that occurs in some instruction stands in the example's own;
            None where instructions are not known.
        answered: whether greedy decoding gives the whole output; None where outputs are single tokens.
        surprisal: of the expected output, as minus the log of its probability, in nats: the mean over its
            tokens, each behind the ones before it. NaN where nothing is expected, None where it was not read.
        confidence: the probability that the model gave `predicted`; None where it was not read.
        before_input: positions whose states the input cannot reach: an instruction has one state there.
        groups: which examples hang together, of any labels' names; None: those of one `instruction` do.
    """

    states: Float[np.ndarray, "example site position n_embd"]
    sites: tuple[str, ...]
    positions: tuple[str, ...]
    split: np.ndarray
    labels: Mapping[str, Int[np.ndarray, " example"]]
    predicted: Int[np.ndarray, " example"]
    expected: Int[np.ndarray, " example"]
    step: int
    instruction_counts: Int[np.ndarray, "example token"] | None = None
    answered: Bool[np.ndarray, " example"] | None = None
    surprisal: Float[np.ndarray, " example"] | None = None
    confidence: Float[np.ndarray, " example"] | None = None
    before_input: tuple[str, ...] = BEFORE_INPUT
    groups: Int[np.ndarray, " example"] | None = None

    def __post_init__(self) -> None:
        n_examples, n_sites, n_positions, _ = self.states.shape
        if (n_sites, n_positions) != (len(self.sites), len(self.positions)):
            raise LabelsError(
                f"states have {n_sites} sites and {n_positions} positions, their names "
                f"{len(self.sites)} and {len(self.positions)}",
                "Give one name per site and per position.",
            )
        beside = {"split": self.split, "predicted": self.predicted, "expected": self.expected, **self.labels}
        optional = {
            "instruction_counts": self.instruction_counts,
            "answered": self.answered,
            "surprisal": self.surprisal,
            "confidence": self.confidence,
            "groups": self.groups,
        }
        beside |= {name: values for name, values in optional.items() if values is not None}
        for name, values in beside.items():
            if len(values) != n_examples:
                raise LabelsError(
                    f"{len(values)} values of {name} for {n_examples} examples", "Give one value per example."
                )

    @property
    def right(self) -> Bool[np.ndarray, " example"]:
        """Whether the model gives the expected output, and the whole of it."""
        return self.predicted == self.expected if self.answered is None else self.answered

    def of_split(self, split: str) -> HiddenStates:
        """The examples of one split, in order."""
        return self.select(self.split == split)

    def at_positions(self, positions: tuple[str, ...]) -> HiddenStates:
        """The same examples at some of the positions.

        Raises:
            LabelsError: a position is not there.
        """
        if positions == self.positions:
            return self
        missing = [name for name in positions if name not in self.positions]
        if missing:
            raise LabelsError(
                f"the hidden states have no position {missing[0]!r}",
                f"There are: {', '.join(self.positions)}",
            )
        chosen = [self.positions.index(name) for name in positions]
        return replace(self, states=self.states[:, :, chosen], positions=positions)

    def select(self, keep: Bool[np.ndarray, " example"] | Int[np.ndarray, " chosen"]) -> HiddenStates:
        """Some of the examples: where a mask is true, or those of the given numbers in their order."""
        return HiddenStates(
            states=self.states[keep],
            sites=self.sites,
            positions=self.positions,
            split=self.split[keep],
            labels={name: values[keep] for name, values in self.labels.items()},
            predicted=self.predicted[keep],
            expected=self.expected[keep],
            step=self.step,
            instruction_counts=None if self.instruction_counts is None else self.instruction_counts[keep],
            answered=None if self.answered is None else self.answered[keep],
            surprisal=None if self.surprisal is None else self.surprisal[keep],
            confidence=None if self.confidence is None else self.confidence[keep],
            before_input=self.before_input,
            groups=None if self.groups is None else self.groups[keep],
        )

    def at(self, position: str) -> Float[np.ndarray, "site example n_embd"]:
        """The states at one position, a block of examples per site, as clustering wants them."""
        index = self.positions.index(position)
        return np.ascontiguousarray(self.states[:, :, index].transpose(1, 0, 2))


def layer_of(site: str) -> int | None:
    """0 for `embed`, i for `block.i`, None for `final_norm`, which is not a layer."""
    if site == "embed":
        return 0
    return int(site.removeprefix("block.")) if site.startswith("block.") else None
