"""One set of bootstrap draws for many figures.

Hidden here: that examples of one instruction are drawn together, and that the same draws serve every
figure of a table, so that thousands of intervals cost one matrix product.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

LEVELS = (2.5, 97.5)
"""The percentiles between which a 95 % interval lies."""


class Resampling:
    """Draws of units with replacement.

    Attributes:
        weights: how often every replicate drew each example.
    """

    def __init__(self, units: Int[np.ndarray, " example"], n_resamples: int, seed: int) -> None:
        """`units` tells which examples are drawn together, such as those of one instruction."""
        _, index = np.unique(units, return_inverse=True)
        n_units = int(index.max()) + 1
        drawn = np.random.default_rng(seed).multinomial(n_units, np.full(n_units, 1 / n_units), n_resamples)
        self.n_units = n_units
        self.weights: Float[np.ndarray, "replicate example"] = drawn[:, index].astype(np.float64)

    def mean_interval(
        self, values: Float[np.ndarray, "*figure example"]
    ) -> tuple[Float[np.ndarray, "*figure"], Float[np.ndarray, "*figure"]]:
        """The ends of a 95 % interval of the mean of each figure; values that are NaN count for nothing.

        Returns: lower and upper ends; NaN where fewer than two units have a value.
        """
        there = ~np.isnan(values)
        sums = np.where(there, values, 0.0) @ self.weights.T
        counts = there.astype(np.float64) @ self.weights.T
        with np.errstate(invalid="ignore", divide="ignore"):
            return interval(sums / counts)


def interval(
    replicates: Float[np.ndarray, "*figure replicate"],
) -> tuple[Float[np.ndarray, "*figure"], Float[np.ndarray, "*figure"]]:
    """Percentile ends over replicates, NaN where more than half of them have no value."""
    there = ~np.isnan(replicates)
    enough = there.mean(axis=-1) > 0.5
    filled = np.where(enough[..., None], replicates, 0.0)
    low, high = np.nanpercentile(filled, LEVELS, axis=-1)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)
