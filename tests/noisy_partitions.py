"""Labels with clusters that agree with them as much as is asked for, partitions of any kind, and points to part."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

PARTITIONS = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(-3, 6), min_size=n, max_size=n).map(np.array)] * 2)
)


def noisy(rng: np.random.Generator, n_units: int, n_labels: int, kept: float, per_unit: int = 1):
    """Labels, clusters that keep a share of them and draw the rest anew, and units of equal examples."""
    labels = rng.integers(n_labels, size=n_units)
    clusters = np.where(rng.random(n_units) < kept, labels, rng.integers(n_labels, size=n_units))
    return tuple(np.repeat(values, per_unit) for values in (labels, clusters, np.arange(n_units)))


def tasks_of_shared_inputs(seed: int, spread: float, n_tasks: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Points of tasks that each fall apart by five inputs, as states do where all tasks share them; and the tasks.

    Clusters by task have the least inertia, and others, by input, hardly more.
    """
    rng = np.random.default_rng(seed)
    task, inputs = np.repeat(np.arange(n_tasks), 20), rng.integers(5, size=20 * n_tasks)
    centers = rng.normal(size=(n_tasks, 24)) * rng.uniform(1, 5, size=(n_tasks, 1))
    shifts = rng.normal(size=(n_tasks, 5, 24)) * spread
    points = centers[task] + shifts[task, inputs] + 0.1 * rng.normal(size=(20 * n_tasks, 24))
    return points.astype(np.float32), task
