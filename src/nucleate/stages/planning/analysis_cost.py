"""What an analysis will cost, told before any weights are fetched: downloads, disk, arithmetic.

This module hides that the shape of a model is known without its weights, and that a checkpoint's arithmetic
is that of a forward pass over all tokens, at most: shared beginnings are run once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import pyarrow.compute as pc
import torch

from nucleate.capture.record import require_fitting
from nucleate.corpus.corpus import Corpus
from nucleate.models.loading import pick_device
from nucleate.models.series.audit import Audited
from nucleate.models.series.series import UNTRAINED, Series
from nucleate.settings.presets import AnalysisSettings
from nucleate.stages.measuring import wanted_positions, wanted_rows
from nucleate.stages.planning.disk_use import DiskUse, use_of_capture

_FLOPS_PER_WEIGHT = 2
"""Of a token: a multiplication and an addition."""
_SIDE, _LEAST_SECONDS = 1024, 0.2


@dataclass(frozen=True)
class AnalysisCost:
    """What an analysis will cost.

    Attributes:
        checkpoints: those that are looked at, without the untrained one.
        n_prompts: that are run; `n_tokens` in them, answers too.
        n_weights: of the model.
        downloads: bytes that are fetched, of all checkpoints; 0 where they are on this machine.
        at_once: bytes of the largest, which lies on disk while it is looked at.
        disk: of the folder, without downloads.
        flops: of a checkpoint, at most.
        flops_per_second: of a matrix product, here and now.
    """

    checkpoints: tuple[Audited, ...]
    n_prompts: int
    n_tokens: int
    n_weights: int
    downloads: int
    at_once: int
    disk: DiskUse
    flops: float
    flops_per_second: float

    @property
    def seconds(self) -> float:
        """Of the forward passes of a checkpoint, at the speed of a matrix product: it takes no less."""
        return self.flops / self.flops_per_second


def cost_of(settings: AnalysisSettings, corpus: Corpus, series: Series) -> AnalysisCost:
    """Everything but the time of scoring, which depends on the settings and not on the model.

    Raises:
        ModelError: a prompt is too long for the model, or has a token that it does not know.
    """
    rows = wanted_rows(settings, corpus)
    n_tokens = pc.sum(pc.list_value_length(corpus.table["input_ids"].take(rows))).as_py()
    looked_at = {name for name in series.members.values() if name != UNTRAINED}
    chosen = tuple(row for row in series.table if row.revision in looked_at)
    fetched = [row.size for row in chosen if row.revision not in series.places]
    model = series.shape()
    require_fitting(model, corpus, rows)
    n_weights = sum(one.numel() for one in model.parameters())
    positions = wanted_positions(settings)
    return AnalysisCost(
        checkpoints=chosen,
        n_prompts=len(rows),
        n_tokens=n_tokens,
        n_weights=n_weights,
        downloads=sum(fetched),
        at_once=max(fetched, default=0),
        disk=use_of_capture(settings, corpus, model, len(rows), positions, len(series.members), 0),
        flops=float(_FLOPS_PER_WEIGHT * n_weights * n_tokens),
        flops_per_second=matrix_product_speed(settings.model.device),
    )


def matrix_product_speed(device: str) -> float:
    """FLOP per second of a product of matrices in float32, here and now."""
    place = pick_device(device)
    factor = torch.rand(_SIDE, _SIDE, device=place)
    float((factor @ factor)[0, 0])  # the first one also starts the device
    n, begun = 0, time.perf_counter()
    while n == 0 or time.perf_counter() - begun < _LEAST_SECONDS:
        float((factor @ factor)[0, 0])  # reading a number waits for the device
        n += 1
    return n * 2 * _SIDE**3 / (time.perf_counter() - begun)
