"""Positions as sets of tokens, and the centroids that belong to them.

An intervention may act on one token or on several at once. Where it acts on many tokens of an
instruction, each is moved by the difference of the centroids of their mean, so that the mean moves as
one token would.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from transformers import PreTrainedModel

from nucleate.capture.positions import span_at
from nucleate.capture.record import capture
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.spans import Spans
from nucleate.errors import ConfigError
from nucleate.intervene.edits import Part
from nucleate.intervene.effects import COMPANY
from nucleate.metrics.centroids import Centroids
from nucleate.resampling.named_seeds import stream

CAPTURED = ("last_instruction", "input", "instruction_mean")
"""Whose centroids are used."""

SEVERAL = ("instruction_but_last", "all_instruction", "all_prompt", "prompt_but_last")
"""Sets of several tokens."""

PLACES = (*CAPTURED, *SEVERAL)
"""Where states can be moved."""


class TaskCentroids:
    """Centroids of all sites and positions of one model, from train states."""

    def __init__(self, model: PreTrainedModel, corpus: Corpus, rows: Int[np.ndarray, " row"]) -> None:
        """`rows` of the corpus' table are those that the centroids are means of."""
        states = capture(model, corpus, rows, step=0, positions=CAPTURED)  # whatever the step
        self.sites = states.sites
        self.of = {
            position: Centroids.of(states.at(position), states.labels["task"]) for position in CAPTURED
        }

    def part(
        self,
        site: str,
        captured: str,
        mask: Bool[torch.Tensor, "row token"],
        tasks: Int[np.ndarray, "row role"],
        direction: Float[np.ndarray, "row n_embd"],
        seed: int,
    ) -> Part:
        """What an edit needs to know to change the tokens of `mask` by the centroids of `captured`.

        Args:
            site: where.
            captured: one of `CAPTURED`.
            mask: the tokens.
            tasks: for each row the tasks that an edit is about.
            direction: of length 1, for each row.
            seed: of the random subspace.
        """
        centroids, index = self.of[captured], self.sites.index(site)
        basis = centroids.subspace(index)
        random_basis, _ = np.linalg.qr(stream(seed, "subspace", site, captured).standard_normal(basis.shape))
        which = centroids.index_of(tasks.ravel()).reshape(tasks.shape)
        means, basis_, random, away = (
            torch.from_numpy(np.asarray(one, dtype=np.float32)).to(mask.device)
            for one in (centroids.means[index], basis, random_basis, direction)
        )
        return Part(mask, means, basis_, random, torch.from_numpy(which).to(mask.device), away)

    def directions(self, site: str, captured: str, n: int, seed: int) -> Float[np.ndarray, "row n_embd"]:
        """`n` random directions of length 1, the same whatever the step and the batches."""
        width = self.of[captured].means.shape[-1]
        drawn = stream(seed, "directions", site, captured).standard_normal((n, width))
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def company_of(positions: Sequence[str]) -> tuple[str, ...]:
    """The further positions without which a null at one of `positions` could not be read."""
    asked = [place for (position, _), places in COMPANY.items() if position in positions for place in places]
    return tuple(place for place in dict.fromkeys(asked) if place not in positions)


def token_masks(
    position: str,
    spans: Spans,
    mask: Bool[torch.Tensor, "row token"],
) -> dict[str, Bool[torch.Tensor, "row token"]]:
    """For each of `CAPTURED` that a position draws on, the tokens that are changed by its centroids.

    Raises:
        ConfigError: there is no such position.
    """
    if position in CAPTURED:
        return {position: _tokens_at(position, spans, mask)}
    instruction = _tokens_at("instruction_mean", spans, mask)
    but_last = instruction & ~_tokens_at("last_instruction", spans, mask)
    rest = mask & ~instruction
    masks = {
        "instruction_but_last": {"instruction_mean": but_last},
        "all_instruction": {"instruction_mean": instruction},
        "all_prompt": {"instruction_mean": instruction, "input": rest},
        "prompt_but_last": {"instruction_mean": but_last, "input": rest},
    }
    if position not in masks:
        raise ConfigError(f"no position {position!r} to intervene at", f"Positions: {', '.join(PLACES)}")
    return masks[position]


def _tokens_at(
    captured: str, spans: Spans, mask: Bool[torch.Tensor, "row token"]
) -> Bool[torch.Tensor, "row token"]:
    column = torch.arange(mask.shape[1], device=mask.device)[None]
    start, end = torch.from_numpy(span_at(captured, spans)).to(mask.device).T[:, :, None]
    return (start <= column) & (column < end)
