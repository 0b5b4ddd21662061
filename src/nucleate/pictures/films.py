"""t-SNE pictures of every layer from step to step, each layer in a process of its own.

A picture begins at the one before it, so that a group stays where it was; a layer's pictures are therefore
made one after the other, while layers know nothing of each other. This module hides that states are reduced
to their principal components first, as is usual, which keeps what goes from process to process small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from nucleate.lazy import Float
from nucleate.pictures.tsne import ROUNDING, embed
from nucleate.processes import side_by_side

N_COMPONENTS = 50
"""Principal components that t-SNE sees; as van der Maaten and Hinton (2008) and openTSNE's guide have it."""

FEW_PICTURES = 20
"""Of a few hundred points, so many are made before another process has started."""


def reduced(points: Float[np.ndarray, "site point n_embd"]) -> Float[np.ndarray, "site point d"]:
    """The points along their first `N_COMPONENTS` principal components, or all that there are.

    Of a site whose points coincide nothing is left, where centering would leave their rounding.
    """
    centered = points - points.mean(axis=1, keepdims=True)
    sizes = [np.abs(each).max(axis=(1, 2), keepdims=True) for each in (centered, points)]
    centered = np.where(sizes[0] > ROUNDING * sizes[1], centered, np.zeros_like(centered))
    if min(points.shape[1:]) <= N_COMPONENTS:
        return centered
    return np.stack([block @ _components(block) for block in centered])


def _components(centered: Float[np.ndarray, "point n_embd"]) -> Float[np.ndarray, "n_embd d"]:
    return np.linalg.svd(centered, full_matrices=False)[2][:N_COMPONENTS].T


def films(
    series: Mapping[int, Float[np.ndarray, "site point d"]], *, seed: int
) -> dict[int, Float[np.ndarray, "site point 2"]]:
    """The pictures of every step.

    Args:
        series: the same points of the same sites at every step, steps ascending.
        seed: of t-SNE.
    """
    if not series:
        return {}
    n_sites = len(next(iter(series.values())))
    pieces = [
        partial(_film, [points[site] for points in series.values()], seed=seed) for site in range(n_sites)
    ]
    made = list(side_by_side(pieces, n_sites, are_small=n_sites * len(series) <= FEW_PICTURES))
    return {step: np.stack([film[index] for film in made]) for index, step in enumerate(series)}


def _film(series: Sequence[Float[np.ndarray, "point d"]], *, seed: int) -> list[Float[np.ndarray, "point 2"]]:
    """The pictures of one site, one step after the other."""
    pictures: list[Float[np.ndarray, "point 2"]] = []
    for points in series:
        pictures.append(embed(points, pictures[-1] if pictures else None, seed=seed).picture)
    return pictures
