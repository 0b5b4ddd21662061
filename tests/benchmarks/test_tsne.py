"""The divergence by which pictures are held equal."""

import numpy as np
import pytest
from sklearn.manifold import TSNE

from benchmarks.tsne import kl_divergence


def test_it_is_what_scikit_learn_finds_without_approximation():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(150, 5)) + 4 * rng.integers(3, size=(150, 1))
    exact = TSNE(perplexity=30, method="exact", init="pca", random_state=0)
    picture = exact.fit_transform(points)
    assert kl_divergence(points, picture) == pytest.approx(exact.kl_divergence_, rel=0.02)
    assert kl_divergence(points, rng.normal(size=(150, 2))) > 2 * exact.kl_divergence_
