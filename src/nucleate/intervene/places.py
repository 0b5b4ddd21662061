"""Positions as sets of tokens, and the centroids that belong to them.

An intervention may act on one token or on several at once. Where it acts on many tokens of an
instruction, each is moved by the difference of the centroids of their mean, so that the mean moves as
one token would.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from transformers import PreTrainedModel

from nucleate.capture.positions import span_at
from nucleate.capture.record import capture
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.spans import Spans
from nucleate.errors import ConfigError, LabelsError
from nucleate.intervene.edits import Part
from nucleate.intervene.outcomes.effects import COMPANY
from nucleate.intervene.pairs import Pairs
from nucleate.lazy import Bool, Float, Int
from nucleate.metrics.centroids import Centroids, plane_of
from nucleate.resampling.named_seeds import stream

CAPTURED = ("last_instruction", "input", "instruction_mean")
"""Whose centroids are used."""

SEVERAL = ("instruction_but_last", "all_instruction", "all_prompt", "prompt_but_last")
"""Sets of several tokens."""

PLACES = (*CAPTURED, *SEVERAL)
"""Where states can be moved."""


class TaskCentroids:
    """Centroids of all sites and positions of one model, from train states.

    No instance is moved by centroids that its own input has a part in: what they carry of the answer to this
    input would be handed over with them.
    """

    def __init__(self, model: PreTrainedModel, corpus: Corpus, rows: Int[np.ndarray, " row"]) -> None:
        """`rows` of the corpus' table are those that the centroids are means of."""
        states = capture(model, corpus, rows, step=0, positions=CAPTURED)  # whatever the step
        self.sites = states.sites
        task, x = states.labels["task"], states.labels["input"]
        self.of = {position: Centroids.of(states.at(position), task, x) for position in CAPTURED}
        self._bases: dict[tuple[str, str, int], tuple[np.ndarray, int]] = {}

    def part(
        self,
        site: str,
        captured: str,
        mask: Bool[torch.Tensor, "row token"],
        tasks: Int[np.ndarray, "row role"],
        inputs: Int[np.ndarray, " row"],
        direction: Float[np.ndarray, "row n_embd"],
        seed: int,
    ) -> Part:
        """What an edit needs to know to change the tokens of `mask` by the centroids of `captured`.

        Args:
            site: where.
            captured: one of `CAPTURED`.
            mask: the tokens.
            tasks: for each row the tasks that an edit is about.
            inputs: the input of each row.
            direction: of length 1, for each row.
            seed: of the random subspace.

        Raises:
            LabelsError: a task has no centroid, or none without the input.
        """
        centroids, index = self.of[captured], self.sites.index(site)
        which = centroids.index_of(tasks.ravel()).reshape(tasks.shape)
        means = _whole(centroids.means_without(index, inputs), which)
        of_input = {int(x): means[row] for row, x in enumerate(inputs)}
        widest = min(means.shape[1:])
        bases = {x: self._basis(site, captured, x, own, widest) for x, own in of_input.items()}
        drawn = stream(seed, "subspace", site, captured).standard_normal((means.shape[2], widest))
        random = np.linalg.qr(drawn)[0]
        basis = np.stack([bases[int(x)][0] for x in inputs])
        kept = np.array([bases[int(x)][1] for x in inputs])
        random_basis = random[None] * (np.arange(widest) < kept[:, None])[:, None]
        means_, basis_, random_, away = (
            torch.from_numpy(np.asarray(one, dtype=np.float32)).to(mask.device)
            for one in (means, basis, random_basis, direction)
        )
        return Part(mask, means_, basis_, random_, torch.from_numpy(which).to(mask.device), away)

    def _basis(
        self, site: str, captured: str, x: int, means: Float[np.ndarray, "task n_embd"], widest: int
    ) -> tuple[np.ndarray, int]:
        """The plane of the centroids without one input, filled up with zeros to a width, and its rank."""
        key = site, captured, x
        if key not in self._bases:
            basis = plane_of(means)
            rank = basis.shape[1]
            self._bases[key] = np.pad(basis, ((0, 0), (0, widest - rank))), rank
        return self._bases[key]

    def directions(self, site: str, captured: str, n: int, seed: int) -> Float[np.ndarray, "row n_embd"]:
        """`n` random directions of length 1, the same whatever the step and the batches."""
        width = self.of[captured].means.shape[-1]
        drawn = stream(seed, "directions", site, captured).standard_normal((n, width))
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def short_of_inputs(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> Int[np.ndarray, " task"]:
    """The tasks that have fewer than two inputs among `rows`, so that nothing is left without one."""
    tasks = np.unique(corpus.labels()["task"])
    return tasks[_inputs_behind(corpus, rows)[tasks].sum(1) < 2]


def require_centroids(corpus: Corpus, pairs: Pairs, rows: Int[np.ndarray, " row"]) -> None:
    """Prove before any model is run that `pairs` can be moved by centroids which are means of `rows`.

    Raises:
        LabelsError: a task has no centroid without the input that is tested.
    """
    has = _inputs_behind(corpus, rows)
    n_others = has.sum(1)[pairs.tasks] - has[pairs.tasks, pairs.inputs[:, None]]
    if (n_others == 0).any():
        raise _gone()


def _inputs_behind(corpus: Corpus, rows: Int[np.ndarray, " row"]) -> Bool[np.ndarray, "task input"]:
    """Which inputs each task has among `rows`."""
    task, x = corpus.labels()["task"], corpus.labels()["input"]
    has = np.zeros((task.max() + 1, x.max() + 1), dtype=bool)
    has[task[rows], x[rows]] = True
    return has


def _gone() -> LabelsError:
    return LabelsError(
        "a task has no centroid without the input that is tested",
        "Raise intervene.n_centroid_examples, or give every task two inputs or more.",
    )


def _whole(
    means: Float[np.ndarray, "row task n_embd"], asked: Int[np.ndarray, "row role"]
) -> Float[np.ndarray, "row task n_embd"]:
    """A task of which nothing is left without the input stands at the mean of the others, unless asked."""
    is_gone = np.isnan(means[:, :, 0])
    if is_gone[np.arange(len(means))[:, None], asked].any():
        raise _gone()
    others = np.nanmean(means, axis=1, keepdims=True)
    return np.where(is_gone[..., None], others, means)


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
