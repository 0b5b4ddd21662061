"""Plans over steps: the learning rate, and which rows a step sees.

All are pure functions of the settings, the seed and the step, so that a resumed run needs no memory of
its own past.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Int


def learning_rate(step: int, *, peak: float, warmup_steps: int, steps: int) -> float:
    """Linear warm-up to `peak`, then half a cosine to zero; `step` counts from 0.

    Source: Loshchilov and Hutter (2017), "SGDR".
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * 0.5 * (1.0 + math.cos(math.pi * (step - warmup_steps) / max(1, steps - warmup_steps)))


def rows_of_step(step: int, *, n_rows: int, batch_rows: int, seed: int) -> Int[np.ndarray, " row"]:
    """The rows that a step trains on: the shuffled corpus, read round and round, shuffled anew each time."""
    wanted = np.arange(step * batch_rows, (step + 1) * batch_rows)
    epochs = np.unique(wanted // n_rows)
    order = np.concatenate(
        [np.random.default_rng([seed, int(epoch)]).permutation(n_rows) for epoch in epochs]
    )
    return order[wanted - epochs[0] * n_rows]
