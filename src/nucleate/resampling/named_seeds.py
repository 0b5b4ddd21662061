"""Where every random number comes from: the run's seed, and the name of what it is for.

What is drawn never depends on the step: two checkpoints are scored from the same starts and draws, and what
differs between them is the model.
"""

from __future__ import annotations

import hashlib

import numpy as np


def seed_of(seed: int, *names: str | int) -> int:
    """A seed of its own for every purpose, the same on every machine."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()[:8])


def drawn_anew(seed: int, draw_seed: int) -> int:
    """The run's own seed, or that of other draws from the same run."""
    return seed_of(seed, "drawn anew", draw_seed) if draw_seed else seed


def stream(seed: int, *name: str | int) -> np.random.Generator:
    """The source of chance for one purpose; streams of different names are independent."""
    return np.random.default_rng([seed, *"/".join(map(str, name)).encode()])
