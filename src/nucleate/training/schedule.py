"""Plans over steps: the learning rate, and which rows a step sees.

All are pure functions of the settings, the seed and the step, so that a resumed run needs no memory of
its own past.
"""

from __future__ import annotations

import math

import numpy as np

from nucleate.lazy import Int

TAIL_RATE, TAIL_BEGINS = 0.1, 2 / 3
"""Of `cosine_tail`: the rate of the tail by the peak's, and the share of the steps at which it begins.
Saturation is judged over the last third, all of which then has one rate."""


def learning_rate(
    step: int, *, peak: float, warmup_steps: int, steps: int, schedule: str = "cosine"
) -> float:
    """Linear warm-up to `peak`, then as `TrainingSettings.schedule` says; `step` counts from 0.

    A rate that ends at zero holds every weight still, so that any figure looks saturated: a tail of constant
    rate tells a figure that has come to rest from one that was stopped.

    Source: Loshchilov and Hutter (2017), "SGDR".
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if schedule == "constant":
        return peak
    end, floor = (steps * TAIL_BEGINS, TAIL_RATE) if schedule == "cosine_tail" else (steps, 0.0)
    gone = min(1.0, (step - warmup_steps) / max(1.0, end - warmup_steps))
    return peak * (floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * gone)))


def rows_of_step(step: int, *, n_rows: int, batch_rows: int, seed: int) -> Int[np.ndarray, " row"]:
    """The rows that a step trains on: the shuffled corpus, read round and round, shuffled anew each time."""
    wanted = np.arange(step * batch_rows, (step + 1) * batch_rows)
    epochs = np.unique(wanted // n_rows)
    order = np.concatenate(
        [np.random.default_rng([seed, int(epoch)]).permutation(n_rows) for epoch in epochs]
    )
    return order[wanted - epochs[0] * n_rows]
