"""Preparations against scikit-learn, and that the training split alone is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from nucleate.scoring.preparation import prepare

RNG = np.random.default_rng(0)
SCALES = np.array([30.0, 3.0, 1.0, 0.5, 0.1])
TRAIN = 5 + SCALES * RNG.standard_normal((2, 60, 5))
OTHER = 5 + SCALES * RNG.standard_normal((2, 20, 5))


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def test_each_is_that_of_scikit_learn():
    for site in range(2):
        train, other = TRAIN[site], OTHER[site]
        for name, theirs in (
            ("standardise", StandardScaler().fit(train).transform(other)),
            ("pca", PCA(3).fit(train).transform(other)),
            ("whiten", PCA(whiten=True).fit(train).transform(other) * np.sqrt(60 / 59)),
            ("center", other - train.mean(axis=0)),
        ):
            found = prepare(OTHER, TRAIN, name, 3.0)[site]
            assert distances(found) == pytest.approx(distances(theirs), abs=1e-8), name


def test_raw_is_left_alone_and_l2_has_length_one():
    assert prepare(OTHER, TRAIN, "raw", 3.0) is OTHER
    assert np.linalg.norm(prepare(OTHER, TRAIN, "l2", 3.0), axis=2) == pytest.approx(1.0)


def test_share_of_variance_keeps_as_many_components_as_it_takes_at_each_site():
    train = TRAIN.copy()
    train[1] = RNG.standard_normal((60, 5))
    found = prepare(train, train, "pca", 0.9)
    kept = [PCA(0.9).fit(own).n_components_ for own in train]
    assert found.shape[2] == max(kept)
    assert [int((own.std(axis=0) > 0).sum()) for own in found] == kept


@pytest.mark.parametrize("name", ["center", "standardise", "l2", "pca", "whiten"])
def test_what_has_no_variance_stays_finite(name):
    flat = TRAIN.copy()
    flat[:, :, 2] = 7.0
    flat[1] = 3.0
    assert np.isfinite(prepare(flat, flat, name, 2.0)).all()


@pytest.mark.parametrize("name", ["center", "standardise", "l2", "pca", "whiten"])
def test_an_example_does_not_depend_on_those_beside_it(name):
    together = prepare(OTHER, TRAIN, name, 3.0)
    assert prepare(OTHER[:, :4], TRAIN, name, 3.0) == pytest.approx(together[:, :4])
