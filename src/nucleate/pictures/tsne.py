"""t-SNE, so that the papers' way of clustering can be compared with clusters of the states themselves.

This module hides openTSNE, which is imported here alone; how pictures of one site stay comparable from step
to step; how other points are placed into a picture that was made without them; and that points which all
coincide, of which openTSNE makes no numbers, are drawn at one place. Affinities and placing
are openTSNE's, and so is the descent of many points; that of as few as an analysis has goes over all pairs
instead of a tree: exact, and several times as fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nucleate.lazy import Float, lazy
from nucleate.pictures.descent import ALL_PAIRS, Phase, descend

opentsne = lazy("openTSNE")

PERPLEXITY = 30.0
START_DEVIATION = 1e-4
"""Spread of an initial picture; it is small so that early exaggeration can still move everything."""

AGAIN_DEVIATION = 1.0
"""Spread of a picture that begins at the one before. Begun at its full size, clusters that must cross others
stay where they were: of 1,000 points the divergence ended up to 40 % higher."""

EARLY, LATE = Phase(250, exaggeration=12.0, momentum=0.5), Phase(350, exaggeration=1.0, momentum=0.8)
"""As openTSNE has it, but that its divergence is reached in 350 late iterations instead of 500."""

EARLY_AGAIN, LATE_AGAIN = Phase(150, exaggeration=12.0, momentum=0.8), Phase(250, 1.0, momentum=0.8)
"""Of a picture that begins at the one before, where most points lie beside their neighbors already."""

ROUNDING = 1e-6
"""Of the largest value: points of single precision that differ by no more coincide."""

_SMALLEST, _LARGEST = 1e-6, 1e6
"""Deviations between which openTSNE's searches end; others are scaled first, of which t-SNE knows nothing."""

Picture = Float[np.ndarray, "example 2"]


class Embedding:
    """A picture of points, in which others can be placed.

    Attributes:
        picture: where the points lie.
    """

    def __init__(self, fitted: Any, scale: float) -> None:
        self._fitted, self._scale = fitted, scale
        self.picture = np.asarray(fitted, dtype=np.float64).copy()

    def place(self, points: Float[np.ndarray, "other d"]) -> Float[np.ndarray, "other 2"]:
        """Where other points go while the picture stays as it is."""
        return np.asarray(self._fitted.transform(_given(points, self._scale)), dtype=np.float64)


class OnePlace(Embedding):
    """The picture of points that coincide: all are at its origin, and so is whatever is placed in it."""

    def __init__(self, n_points: int) -> None:
        self.picture = np.zeros((n_points, 2))

    def place(self, points: Float[np.ndarray, "other d"]) -> Float[np.ndarray, "other 2"]:
        return np.zeros((len(points), 2))


def embed(
    points: Float[np.ndarray, "example d"],
    before: Float[np.ndarray, "example 2"] | None,
    *,
    seed: int,
) -> Embedding:
    """t-SNE of points, from their first two principal components or from an earlier picture of them.

    One thread, so that the picture is a function of its arguments.

    Args:
        points: at least four; where they coincide, to within rounding, all are drawn at one place.
        before: the picture of the same examples at the step before, for pictures that can be compared.
        seed: of openTSNE's own draws.

    Source: van der Maaten and Hinton (2008); Poličar, Stražar and Zupan (2024), "openTSNE".
    """
    largest = float(np.abs(points - points.mean(axis=0)).max())
    if largest <= ROUNDING * float(np.abs(points).max()):
        return OnePlace(len(points))
    scale = 1.0 if _SMALLEST < largest < _LARGEST else 1.0 / largest
    start = None
    if before is not None and before.std(axis=0)[0] > 0:
        start = before / before.std(axis=0)[0] * AGAIN_DEVIATION
    tsne = opentsne.TSNE(
        perplexity=min(PERPLEXITY, (len(points) - 1) / 3),
        initialization="pca" if start is None else start * START_DEVIATION,
        random_state=seed % 2**32,
        n_jobs=1,
    )
    if len(points) > ALL_PAIRS:
        return Embedding(tsne.fit(_given(points, scale)), scale)
    fitted = tsne.prepare_initial(_given(points, scale))
    if start is None:
        fitted[:] = descend(fitted.affinities.P, np.asarray(fitted), (EARLY, LATE))
    else:
        fitted[:] = descend(fitted.affinities.P, start, (EARLY_AGAIN, LATE_AGAIN))
    return Embedding(fitted, scale)


def _given(points: Float[np.ndarray, "any d"], scale: float) -> Float[np.ndarray, "any two_or_more"]:
    """The points as openTSNE is given them: its first picture takes two directions."""
    wide = points.astype(np.float64) * scale
    return wide if wide.shape[1] > 1 else np.pad(wide, ((0, 0), (0, 1)))
