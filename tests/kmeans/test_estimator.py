import jaxtyping
import numpy as np
import pytest
import sklearn.cluster
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nucleate.errors import ConfigError
from nucleate.kmeans.estimator import KMeans
from nucleate.kmeans.kmeans import kmeans


@parametrize_with_checks([KMeans(n_init=2, random_state=0)])
@pytest.mark.filterwarnings("ignore")
def test_it_is_an_estimator_as_scikit_learn_defines_them(estimator, check, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # some checks give what no hint allows
    check(estimator)


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(120, 5, centers=4, cluster_std=0.5, random_state=3)


def test_it_finds_what_the_batched_one_and_scikit_learn_find(blobs):
    points, _ = blobs
    ours = KMeans(4, random_state=7).fit(points)
    batched = kmeans(points[None], 4, seed=7, n_init=10)
    np.testing.assert_array_equal(ours.labels_, batched.best_labels[0])
    theirs = sklearn.cluster.KMeans(4, n_init=10, random_state=7).fit(points)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-4)


def test_rows_go_to_the_nearest_center_in_a_pipeline_too(blobs):
    points, truth = blobs
    pipeline = make_pipeline(StandardScaler(), KMeans(4, random_state=1)).fit(points)
    found = pipeline.predict(points)
    assert sklearn.metrics.adjusted_rand_score(truth, found) == 1.0
    assert pipeline.transform(points).shape == (120, 4)
    assert clone(pipeline[-1]).get_params()["n_clusters"] == 4


def test_distances_come_as_a_frame_that_names_its_columns(blobs):
    points, _ = blobs
    pipeline = make_pipeline(StandardScaler(), KMeans(3, random_state=1)).set_output(transform="pandas")
    frame = pipeline.fit_transform(points)
    assert list(frame) == ["kmeans0", "kmeans1", "kmeans2"]
    assert frame.to_numpy().argmin(axis=1).tolist() == pipeline[-1].labels_.tolist()


def test_more_clusters_than_examples_are_refused_as_scikit_learn_does_it(blobs):
    with pytest.raises(ValueError, match="minimum of 121 is required by KMeans"):
        KMeans(121).fit(blobs[0])


@pytest.mark.parametrize(
    "wrong",
    [{"n_init": "auto"}, {"n_clusters": 3.0}, {"n_clusters": 0}, {"n_init": True}, {"tol": -1}, {"tol": "a"}],
)
def test_parameters_that_mean_nothing_are_named(blobs, wrong, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # who checks no hints is told too
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))} is .*expected"):
        KMeans(**wrong).fit(blobs[0])
    assert (
        KMeans(np.int64(3), n_init=np.int32(2), tol=np.float32(0), random_state=0).fit(blobs[0]).n_clusters
        == 3
    )
