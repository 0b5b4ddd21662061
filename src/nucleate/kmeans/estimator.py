"""k-means as scikit-learn's estimators are: parameters that are set, `fit`, and attributes that end in `_`.

This module hides that one member of a batch is the whole batch.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.metrics import pairwise_distances
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from nucleate.errors import ConfigError
from nucleate.kmeans.kmeans import kmeans


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """The k-means of every figure here, in pipelines and searches of scikit-learn.

    Greedy k-means++ starts and Lloyd's iterations in float32, as `nucleate.kmeans.kmeans`; to cluster many
    layers at once, call that.

    Args:
        n_clusters: at most as many as there are examples.
        n_init: starts; the one with the lowest inertia counts.
        tol: a start has converged when its centers move by less, as a share of the mean variance.
        random_state: a seed, a `RandomState`, or None for another result every time.

    Attributes:
        labels_: cluster of every example.
        cluster_centers_: one row per cluster.
        inertia_: squared distance of the examples to their centers, summed.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 10,
        tol: float = 1e-4,
        random_state: Any = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> KMeans:  # noqa: ARG002 - scikit-learn's signature
        """Cluster the rows of `X`; `y` is not looked at.

        Raises:
            ValueError: scikit-learn's, for more clusters than examples, and for no table of finite numbers.
            ConfigError: a number of clusters or starts is no whole one from 1, or `tol` no number from 0.
        """
        self._check()
        points = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=self.n_clusters)
        chosen = self.random_state
        is_seed = isinstance(chosen, int | np.integer)
        seed = int(chosen) if is_seed else int(check_random_state(chosen).randint(2**31 - 1))
        found = kmeans(points[None], self.n_clusters, seed=seed, n_init=self.n_init, tol=self.tol)
        best = int(found.inertia[0].argmin())
        self.labels_ = found.labels[0, best].astype(np.int64)
        self.cluster_centers_ = found.centers[0, best].astype(points.dtype)
        self.inertia_ = float(found.inertia[0, best])
        return self

    def _check(self) -> None:
        for name, n in (("n_clusters", self.n_clusters), ("n_init", self.n_init)):
            if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
                raise ConfigError(
                    f"{name} is {n!r}, expected a whole number from 1", f"Give for instance {name}=10."
                )
        if not isinstance(self.tol, Real) or not 0 <= self.tol < np.inf:
            raise ConfigError(f"tol is {self.tol!r}, expected a number from 0", "Give for instance tol=1e-4.")

    def predict(self, X: Any) -> np.ndarray:
        """The nearest center of every row."""
        return self.transform(X).argmin(axis=1)

    def fit_predict(self, X: Any, y: Any = None, **_: Any) -> np.ndarray:
        """Cluster the rows and return the nearest center of each."""
        return self.fit(X, y).labels_

    def transform(self, X: Any) -> np.ndarray:
        """The distance of every row to every center."""
        check_is_fitted(self)
        points = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return pairwise_distances(points, self.cluster_centers_)

    @property
    def _n_features_out(self) -> int:
        return len(self.cluster_centers_)
