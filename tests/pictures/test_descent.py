"""The descent over all pairs beside openTSNE's own."""

from __future__ import annotations

import numpy as np
import pytest
from openTSNE import TSNE
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.tsne import kl_divergence_bh

from nucleate.pictures import descent
from nucleate.pictures.descent import AllPairs, Phase, descend
from nucleate.pictures.tsne import embed


def planted(seed, n_examples=200):
    rng = np.random.default_rng(seed)
    return 2 * rng.standard_normal((8, 12))[np.arange(n_examples) % 8] + rng.standard_normal((n_examples, 12))


def affinities(points):
    return PerplexityBasedNN(points, perplexity=30, method="exact", random_state=0).P


def divergence(picture, near):
    """Kullback-Leibler, of all pairs in float64."""
    weights = 1 / (1 + np.square(picture[:, None] - picture).sum(axis=2))
    np.fill_diagonal(weights, 0.0)
    shares, near = weights / weights.sum(), near.toarray()
    held = near > 0
    return float((near[held] * np.log(near[held] / shares[held])).sum())


@pytest.mark.parametrize("exaggeration", [1.0, 12.0])
def test_gradient_is_that_of_the_tree_that_leaves_nothing_out(exaggeration, monkeypatch):
    monkeypatch.setattr(descent, "BLOCK_BYTES", 4 * 200 * 37)  # the last block is a short one
    near = affinities(planted(0))
    picture = 20 * np.random.default_rng(1).standard_normal((200, 2))
    _, theirs = kl_divergence_bh(picture, near * exaggeration, 1, {"theta": 0.0})
    ours = AllPairs(near).gradient(np.float32(picture.T).copy(), exaggeration)
    assert np.allclose(ours.T, theirs, rtol=0, atol=1e-4 * np.abs(theirs).max())


def test_gradient_is_the_slope_of_the_divergence():
    near = affinities(planted(0))
    picture = 5 * np.random.default_rng(1).standard_normal((200, 2))
    gradient = 4 * AllPairs(near).gradient(np.float32(picture.T).copy(), 1.0).T
    direction = np.random.default_rng(2).standard_normal(picture.shape)
    ahead, behind = (divergence(picture + shift * direction, near) for shift in (1e-3, -1e-3))
    assert (gradient * direction).sum() == pytest.approx((ahead - behind) / 2e-3, rel=1e-2)


def test_pictures_diverge_no_more_than_those_of_opentsne():
    first, again = [], []
    for seed in range(7):
        points = planted(seed)
        moved = points + 0.5 * np.random.default_rng(seed).standard_normal(points.shape)
        before = embed(points, None, seed=seed).picture
        for found, own, pictured in (
            (first, points, before),
            (again, moved, embed(moved, before, seed=seed).picture),
        ):
            theirs = TSNE(perplexity=30, initialization="pca", random_state=seed).fit(own)
            found.append(
                divergence(pictured, affinities(own)) / divergence(np.asarray(theirs), affinities(own))
            )
    assert np.median(first) < 1.01
    assert np.median(again) < 1.01


def test_no_iterations_change_nothing_and_pictures_are_centered():
    start = np.random.default_rng(0).standard_normal((200, 2)).astype(np.float32)
    near = affinities(planted(0))
    assert np.array_equal(descend(near, start, [Phase(0, 1.0, 0.8)]), start)
    assert descend(near, start + 5, [Phase(3, 1.0, 0.8)]).mean(axis=0) == pytest.approx(0, abs=1e-5)
