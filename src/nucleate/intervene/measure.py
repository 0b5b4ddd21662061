"""What a model answers when its states are moved: every intervention at every site and position.

Hidden here: what is cached, and the proofs that are made on the way. In every cell the identity patch must
leave every logit exactly as it was; instances given the instruction states of B at `embed` must give what
the model gives for that instance of B; and a cell that can act at all must act.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pydantic
import torch
from jaxtyping import Float, Int
from transformers import PreTrainedModel

from nucleate.capture.forward import right_padded
from nucleate.clustering.draws import Draws
from nucleate.config import Settings
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.spans import Spans
from nucleate.errors import InterventionError
from nucleate.hidden_states import layer_of
from nucleate.intervene.edits import EDITS, IDENTITY, INTERCHANGE, Intervention, Place, apply_edit
from nucleate.intervene.effects import Effect
from nucleate.intervene.pairs import Pairs
from nucleate.intervene.places import POSITIONS, TaskCentroids, token_masks
from nucleate.intervene.rerun import CachedPass

METRICS = ("becomes_b", "stays_a", "other", "delta_logprob_a", "delta_logprob_b", "kl", "acted")
"""Shares of answers that are f_B(x), f_A(x) or neither; changes in log-probability and Kullback-Leibler
divergence from the untouched answer, in nats; and the share of instances of which any logit moved."""

_TOLERANCE = 1e-3


class InterveneSettings(Settings):
    """Where states are moved, how far, and on how many instances."""

    in_run: bool = pydantic.Field(True, description="part of `nucleate run`; else `nucleate intervene`")
    positions: tuple[str, ...] = POSITIONS
    strengths: tuple[float, ...] = pydantic.Field(
        (0.5, 1.0, 2.0, 4.0), description="of a shift; 1.0 goes from centroid to centroid"
    )
    n_steps: int = pydantic.Field(1, ge=1, description="checkpoints, from the first to the last; 1: the last")
    split: str = pydantic.Field("validation", description="whose instances are changed")
    n_pairs: int = pydantic.Field(200, ge=1, description="instances of A, each with one of B, at most")
    n_repaired: int = pydantic.Field(200, ge=1, description="unseen instances that repair looks at, at most")
    n_centroid_examples: int = pydantic.Field(2000, ge=2, description="train instances behind the centroids")
    n_resamples: int = pydantic.Field(200, ge=1, description="bootstrap replicates behind an interval")
    batch_size: int = pydantic.Field(64, ge=1, description="of like length, so that little is padded")

    @pydantic.model_validator(mode="after")
    def _strength_one_is_there(self) -> InterveneSettings:
        if 1.0 not in self.strengths:
            raise ValueError("intervene.strengths lacks 1.0, at which interventions are compared")
        return self


class Cell(NamedTuple):
    """What was done, and where."""

    site: str
    position: str
    intervention: str
    control: str
    strength: float


Values = dict[Cell, Float[np.ndarray, "metric example"]]


def measure_pairs(
    model: PreTrainedModel,
    corpus: Corpus,
    pairs: Pairs,
    centroids: TaskCentroids,
    settings: InterveneSettings,
    seed: int,
) -> Values:
    """Every metric of `METRICS` for every pair, in every cell.

    Raises:
        InterventionError: one of the three proofs failed, so that nothing here could be believed.
    """
    lengths = np.array([len(ids) for ids in corpus.table.take(pairs.rows)["input_ids"].to_pylist()])
    order, values = np.argsort(lengths, kind="stable"), Values()
    for start in range(0, len(order), settings.batch_size):
        chosen = order[start : start + settings.batch_size]
        batch = _Batch(model, corpus, pairs, chosen)
        for cell, measured in _measure_batch(batch, centroids, settings, seed):
            values.setdefault(cell, np.full((len(METRICS), len(pairs)), np.nan))[:, chosen] = measured
    return values


def summarise(
    values: Values,
    metrics: tuple[str, ...],
    units: Int[np.ndarray, " example"],
    *,
    n_resamples: int,
    seed: int,
    run: str,
    model: str,
    step: int,
    split: str,
) -> Iterator[Effect]:
    """Means with 95 % intervals over resampled instructions; values that are NaN are left out."""
    if not values:
        return
    stacked = np.stack(list(values.values()))
    low, high = Draws(units, n_resamples, seed).mean_interval(stacked)
    counts = (~np.isnan(stacked)).sum(-1)
    for i, cell in enumerate(values):
        for j, metric in enumerate(metrics):
            if counts[i, j]:
                yield Effect(
                    run=run,
                    model=model,
                    seed=seed,
                    step=step,
                    split=split,
                    layer=layer_of(cell.site),
                    metric=metric,
                    n_examples=int(counts[i, j]),
                    value=float(np.nanmean(stacked[i, j])),
                    ci_low=_null_if_nan(low[i, j]),
                    ci_high=_null_if_nan(high[i, j]),
                    **cell._asdict(),
                )


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
    """Some of the pairs, run once as they are."""

    def __init__(
        self, model: PreTrainedModel, corpus: Corpus, pairs: Pairs, chosen: Int[np.ndarray, " row"]
    ) -> None:
        self.chosen, self.n_pairs, self.tasks = chosen, len(pairs), pairs.tasks[chosen]
        ids, self.mask, self.spans = prompts_at(corpus, pairs.rows[chosen], model.device)
        self.own = CachedPass(model, ids, self.mask)
        self.donors, self.twins = (
            CachedPass(model, *prompts_at(corpus, rows[chosen], model.device)[:2])
            for rows in (pairs.donors, pairs.twins)
        )
        self.answers = torch.from_numpy(pairs.answers[chosen]).to(model.device)

    def place(self, site: str, position: str, centroids: TaskCentroids, seed: int) -> Place:
        masks = token_masks(position, self.spans, self.mask)
        parts = tuple(
            centroids.part(
                site,
                captured,
                mask,
                self.tasks,
                centroids.directions(site, captured, self.n_pairs, seed)[self.chosen],
                seed,
            )
            for captured, mask in masks.items()
        )
        return Place(self.own.states[site], self.donors.states[site], self.twins.states[site], parts)

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
    batch: _Batch, centroids: TaskCentroids, settings: InterveneSettings, seed: int
) -> Iterator[tuple[Cell, Float[np.ndarray, "metric row"]]]:
    for site in batch.own.sites:
        for position in settings.positions:
            place = batch.place(site, position, centroids, seed)
            meant, acted = False, False
            for intervention, strength in _doses(settings.strengths):
                states = apply_edit(intervention, place, strength)
                logits = batch.own.from_site(site, states)
                _prove(intervention, site, position, logits, batch)
                if intervention is not IDENTITY:
                    meant |= not torch.equal(states, place.states)
                    acted |= not torch.equal(logits, batch.own.logits)
                yield (
                    Cell(site, position, intervention.name, intervention.control, strength),
                    _metrics(logits, batch.own.logits, batch.answers),
                )
            if meant and not acted and batch.is_in_reach(site, place):
                raise InterventionError(
                    f"no intervention at {site}, {position} changed any logit, although states were changed",
                    "The model does not read its blocks' outputs where hooks put them; report its class.",
                )


def _doses(strengths: tuple[float, ...]) -> Iterator[tuple[Intervention, float]]:
    for intervention in EDITS:
        for strength in strengths if intervention.has_dose else (1.0,):
            yield intervention, strength


def _prove(intervention: Intervention, site: str, position: str, logits: torch.Tensor, batch: _Batch) -> None:
    if intervention is IDENTITY and not torch.equal(logits, batch.own.logits):
        raise InterventionError(
            f"the identity patch at {site}, {position} changed a logit",
            "The model does not go on from a block's output as it ran; report its class.",
        )
    is_positive_control = intervention is INTERCHANGE and (site, position) == ("embed", "all_instruction")
    if is_positive_control and not torch.allclose(
        logits, batch.donors.logits, rtol=_TOLERANCE, atol=_TOLERANCE
    ):
        raise InterventionError(
            "instances with the embedded instruction of B are not answered as instances of B are",
            "The model reads its instruction elsewhere than at its first block; report its class.",
        )


def _metrics(
    logits: Float[torch.Tensor, "row vocabulary"],
    untouched: Float[torch.Tensor, "row vocabulary"],
    answers: Int[torch.Tensor, "row 2"],
) -> Float[np.ndarray, "metric row"]:
    """In the order of `METRICS`."""
    after, before = logits.log_softmax(-1), untouched.log_softmax(-1)
    answered = logits.argmax(-1)
    is_a, is_b = answered == answers[:, 0], answered == answers[:, 1]
    change = (after - before).gather(1, answers)
    divergence = (before.exp() * (before - after)).sum(-1)
    acted = (logits != untouched).any(-1)
    rows = (is_b, is_a, ~(is_a | is_b), change[:, 0], change[:, 1], divergence, acted)
    return torch.stack([row.double() for row in rows]).cpu().numpy()


def _null_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
