"""What a model answers when its states are moved: every intervention at every site and position.

This module hides what is cached, and the proofs that are made on the way. In every cell the identity patch
must leave every logit exactly as it was; instances given the instruction states of B at `embed` must give
what the model gives for that instance of B; and a cell that can act at all must act.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from transformers import PreTrainedModel

from nucleate.capture.hidden_states import layer_of
from nucleate.capture.passes.forward import right_padded
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.spans import Spans
from nucleate.errors import InterventionError
from nucleate.intervene.edits import EDITS, IDENTITY, INTERCHANGE, SWAPS, Intervention, Place, apply_edit
from nucleate.intervene.outcomes.cells import METRICS, Cell, Values
from nucleate.intervene.pairs import Pairs
from nucleate.intervene.places import TaskCentroids, company_of, token_masks
from nucleate.intervene.rerun import CachedPass
from nucleate.intervene.settings import InterveneSettings
from nucleate.lazy import Bool, Float, Int

_TOLERANCE = 1e-3


def measure_pairs(
    model: PreTrainedModel,
    corpus: Corpus,
    pairs: Pairs,
    centroids: TaskCentroids,
    settings: InterveneSettings,
    seed: int,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Values:
    """Every metric of `METRICS` for every pair, in every cell.

    `on_progress` is told how many cells of how many are done, each of them once per batch.

    Raises:
        InterventionError: one of the three proofs failed, so that nothing here could be believed.
    """
    values, done = Values(), 0
    asked = ((settings.positions, EDITS), (company_of(settings.positions), SWAPS))
    n_cells = sum(len(where) * len(list(_doses(edits, settings.strengths))) for where, edits in asked)
    for positions, edits in asked:
        doses = list(_doses(edits, settings.strengths))
        for chosen in _of_like_length(corpus, pairs, settings.batch_size) if positions else ():
            batch = _Batch(model, corpus, pairs, chosen, doses)
            total = n_cells * len(batch.own.sites) * math.ceil(len(pairs) / settings.batch_size)
            for cell, measured in _measure_batch(batch, centroids, positions, seed):
                values.setdefault(cell, np.full((len(METRICS), len(pairs)), np.nan))[:, chosen] = measured
                done += 1
                on_progress(done, total)
    return values | _by_what_the_input_allows(values, pairs)


def _of_like_length(corpus: Corpus, pairs: Pairs, size: int) -> Iterator[Int[np.ndarray, " row"]]:
    lengths = np.array([len(ids) for ids in corpus.table.take(pairs.rows)["input_ids"].to_pylist()])
    order = np.argsort(lengths, kind="stable")
    return (order[start : start + size] for start in range(0, len(order), size))


def _by_what_the_input_allows(values: Values, pairs: Pairs) -> Values:
    """Beside projecting the task out: how often a guess from the input alone would be A's answer."""
    guessed = np.full((len(METRICS), len(pairs)), np.nan)
    guessed[METRICS.index("stays_a")] = pairs.guessed
    projected = {cell for cell in values if (cell.intervention, cell.control) == ("project_out", "none")}
    return {cell._replace(control="input_alone"): guessed for cell in values if cell in projected}


def prompts_at(
    corpus: Corpus, rows: Int[np.ndarray, " row"], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, Spans]:
    """Token ids and mask of the prompts of some rows, and where in them things lie."""
    table = corpus.table.take(rows)
    spans = corpus.spans(table)
    pairs = zip(table["input_ids"].to_pylist(), spans.prompt.tolist(), strict=True)
    ids, mask = right_padded([ids[:n] for ids, n in pairs], device)
    return ids, mask.bool(), spans


class _Batch:
    """Some of the pairs, each as often as there are edits, run once as they are.

    All edits of a cell are made in one forward pass. Each has rows of its own, in the untouched pass too:
    products of matrices may round a row by where it stands, and what is compared must have stood alike.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        corpus: Corpus,
        pairs: Pairs,
        chosen: Int[np.ndarray, " row"],
        doses: list[tuple[Intervention, float]],
    ) -> None:
        self.chosen, self.n_pairs, self.tasks = chosen, len(pairs), pairs.tasks[chosen]
        self.inputs, self.doses = pairs.inputs[chosen], doses
        ids, self.mask, self.spans = prompts_at(corpus, pairs.rows[chosen], model.device)
        assert self.spans.instruction is not None
        self.last_instruction = torch.from_numpy(self.spans.instruction[:, 1] - 1).to(model.device)
        read = torch.stack([self.last_instruction, self.mask.sum(1) - 1], dim=1)
        n = len(doses)
        self.own = CachedPass(model, ids.repeat(n, 1), self.mask.repeat(n, 1), read.repeat(n, 1))
        self.donors, self.twins = (
            CachedPass(model, *prompts_at(corpus, rows[chosen], model.device)[:2], read)
            for rows in (pairs.donors, pairs.twins)
        )
        self.answers = torch.from_numpy(pairs.answers[chosen]).to(model.device)
        self.next_own = torch.from_numpy(pairs.next_own[chosen]).to(model.device)

    def place(self, site: str, position: str, centroids: TaskCentroids, seed: int) -> Place:
        masks = token_masks(position, self.spans, self.mask)
        parts = tuple(
            centroids.part(
                site,
                captured,
                mask,
                self.tasks,
                self.inputs,
                centroids.directions(site, captured, self.n_pairs, seed)[self.chosen],
                seed,
            )
            for captured, mask in masks.items()
        )
        own = self.own.states[site][: len(self.chosen)]
        return Place(own, self.donors.states[site], self.twins.states[site], parts)

    def edited(self, site: str, place: Place) -> list[torch.Tensor]:
        """The states of every edit."""
        own = self.own.states[site].split(len(self.chosen))
        return [
            apply_edit(intervention, replace(place, states=states), strength)
            for (intervention, strength), states in zip(self.doses, own, strict=True)
        ]

    def by_dose(self, rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What was computed for all edits, edit by edit."""
        return rows.split(len(self.chosen))

    def edits_last_instruction(self, place: Place) -> bool:
        rows = torch.arange(len(self.mask), device=self.mask.device)
        return any(bool(part.mask[rows, self.last_instruction].any()) for part in place.parts)

    def is_in_reach(self, site: str, place: Place) -> bool:
        """Whether the answer can read what is edited: a block follows, or the token is the last."""
        last = self.mask.sum(1) - 1
        edits_last = any(
            bool(part.mask[torch.arange(len(last), device=last.device), last].any()) for part in place.parts
        )
        n_blocks = sum(name.startswith("block.") for name in self.own.sites)
        layer = layer_of(site)
        return edits_last or (layer is not None and layer < n_blocks)


def _measure_batch(
    batch: _Batch, centroids: TaskCentroids, positions: tuple[str, ...], seed: int
) -> Iterator[tuple[Cell, Float[np.ndarray, "metric row"]]]:
    untouched = batch.by_dose(batch.own.logits)
    for site in batch.own.sites:
        for position in positions:
            place = batch.place(site, position, centroids, seed)
            states = batch.edited(site, place)
            logits = batch.by_dose(batch.own.from_site(site, torch.cat(states)))
            _prove(batch, site, position, logits)
            _prove_that_it_acts(batch, site, position, place, states, logits)
            for (intervention, strength), after, before in zip(batch.doses, logits, untouched, strict=True):
                answered = _metrics(after[:, -1], before[:, -1], batch.answers)
                follows = _next_metrics(after[:, 0], before[:, 0], batch.next_own)
                if not batch.edits_last_instruction(place):
                    follows = np.full_like(follows, np.nan)
                yield (
                    Cell(site, position, intervention.name, intervention.control, strength),
                    np.concatenate([answered, follows]),
                )


def _doses(
    edits: Sequence[Intervention], strengths: tuple[float, ...]
) -> Iterator[tuple[Intervention, float]]:
    for intervention in edits:
        for strength in strengths if intervention.has_dose else (1.0,):
            yield intervention, strength


def _prove(batch: _Batch, site: str, position: str, logits: tuple[torch.Tensor, ...]) -> None:
    """The identity patch is exact, and an embedded instruction of B is answered as B's."""
    untouched = batch.by_dose(batch.own.logits)
    for (intervention, _), after, before in zip(batch.doses, logits, untouched, strict=True):
        if intervention is IDENTITY and not torch.equal(after, before):
            raise InterventionError(
                f"the identity patch at {site}, {position} changed a logit",
                "The model does not go on from a block's output as it ran; report its class.",
            )
        is_positive_control = intervention is INTERCHANGE and (site, position) == ("embed", "all_instruction")
        if is_positive_control and not torch.allclose(
            after, batch.donors.logits, rtol=_TOLERANCE, atol=_TOLERANCE
        ):
            raise InterventionError(
                "instances with the embedded instruction of B are not answered as instances of B are",
                "The model reads its instruction elsewhere than at its first block; report its class.",
            )


def _prove_that_it_acts(
    batch: _Batch,
    site: str,
    position: str,
    place: Place,
    states: list[torch.Tensor],
    logits: tuple[torch.Tensor, ...],
) -> None:
    meant = not torch.equal(torch.cat(states), batch.own.states[site])
    acted = not torch.equal(torch.cat(logits), batch.own.logits)
    if meant and not acted and batch.is_in_reach(site, place):
        raise InterventionError(
            f"no intervention at {site}, {position} changed any logit, although states were changed",
            "The model does not read its blocks' outputs where hooks put them; report its class.",
        )


def _metrics(
    logits: Float[torch.Tensor, "row vocabulary"],
    untouched: Float[torch.Tensor, "row vocabulary"],
    answers: Int[torch.Tensor, "row 2"],
) -> Float[np.ndarray, "metric row"]:
    """In the order of `ANSWER_METRICS`."""
    after, before = logits.log_softmax(-1), untouched.log_softmax(-1)
    answered = logits.argmax(-1)
    is_a, is_b = answered == answers[:, 0], answered == answers[:, 1]
    change = (after - before).gather(1, answers)
    divergence = (before.exp() * (before - after)).sum(-1)
    acted = (logits != untouched).any(-1)
    rows = (is_b, is_a, ~(is_a | is_b), change[:, 0], change[:, 1], divergence, acted)
    return torch.stack([row.cpu().double() for row in rows]).numpy()


def _next_metrics(
    logits: Float[torch.Tensor, "row vocabulary"],
    untouched: Float[torch.Tensor, "row vocabulary"],
    own: Bool[torch.Tensor, "row 2 token"],
) -> Float[np.ndarray, "metric row"]:
    """In the order of `NEXT_METRICS`; `own` are the tokens that A alone, and B alone, is followed by.

    A model may have more logits than its tokenizer has tokens: those never come next.
    """
    after, before = logits.log_softmax(-1), untouched.log_softmax(-1)
    mass = (after.exp()[:, None, : own.shape[-1]] * own).sum(-1)
    mass = torch.where(own.any(-1), mass, torch.nan)
    divergence = (before.exp() * (before - after)).sum(-1)
    return torch.stack([mass[:, 1], mass[:, 0], divergence]).cpu().double().numpy()
