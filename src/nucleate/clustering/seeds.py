"""Where every random number of the scoring comes from.

What is drawn depends on the run's seed and on names, never on the step: two checkpoints are scored from
the same starts and draws, and what differs between them is the model.
"""

from __future__ import annotations

import hashlib


def seed_of(seed: int, *names: str | int) -> int:
    """A seed of its own for every purpose, the same on every machine."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()[:8])
