from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from nucleate.capture.hidden_states import HiddenStates
from nucleate.kmeans.kmeans import kmeans
from nucleate.metrics.agreement.rand_index import adjusted_rand_index
from nucleate.pictures.planes import Projector, Spot, balanced_order, renumber
from tests.noisy_partitions import tasks_of_shared_inputs


def states_of(points, step, task=None):
    n = len(points)
    return HiddenStates(
        states=points[:, None, None].astype(np.float32),
        sites=("block.1",),
        positions=("input",),
        split=np.array(["train"] * n),
        labels={"task": np.arange(n) % 3 if task is None else task},
        predicted=np.arange(n) % 2,
        expected=np.zeros(n, dtype=np.int64),
        step=step,
    )


def projected(*states, spot=None):
    """Steps in order; the last one sets the axes."""
    n = len(states[0].split)
    projector = Projector(states[-1], np.arange(n), seed=1, n_init=3, spot=spot)
    for one in states:
        projector.add(projector.project(one))
    return projector.finish(pa.table({"split": ["train"] * n}), ["no", "yes"].__getitem__)


def test_the_last_step_is_seen_as_pca_sees_it():
    points = np.random.default_rng(0).normal(size=(40, 6)) * [9, 4, 1, 1, 1, 1]
    (row,) = projected(states_of(points, 5)).frames.to_pylist()
    expected = PCA(2).fit_transform(points)
    for ours, theirs in zip((row["x"], row["y"]), expected.T, strict=True):
        sign = np.sign(np.dot(ours, theirs))
        np.testing.assert_allclose(np.array(ours) * sign, theirs, atol=1e-3)


def test_what_stands_still_in_the_model_stands_still_in_the_picture():
    last = np.random.default_rng(0).normal(size=(30, 5)) * [9, 4, 1, 1, 1]
    before = last.copy()
    before[7] += [3, 0, 0, 0, 0]
    rows = projected(states_of(before, 2), states_of(last, 9)).frames.to_pylist()
    assert [row["step"] for row in rows] == [2, 9]
    moved = np.abs(np.subtract(rows[0]["x"], rows[1]["x"])) + np.abs(np.subtract(rows[0]["y"], rows[1]["y"]))
    assert moved[7] > 1
    assert np.delete(moved, 7).max() < 1e-3


def test_clusters_keep_their_numbers_and_answers_their_steps():
    rng = np.random.default_rng(1)
    task = np.repeat([0, 1, 2], 12)
    centers = np.array([[0, 0, 20], [20, 0, 0], [0, 20, 0]])
    steps = [states_of(centers[task] + rng.normal(size=(36, 3)), step, task) for step in (0, 4, 8)]
    found = projected(*steps)
    clusters = [tuple(row["cluster"]) for row in found.frames.to_pylist()]
    assert len(set(clusters)) == 1 and len(set(clusters[0])) == 3
    assert found.examples["predicted"].to_pylist()[1] == ["yes"] * 3


def test_clusters_are_those_of_least_inertia_where_plain_starts_miss_them():
    points, task = tasks_of_shared_inputs(seed=4, spread=1.6)
    plain = kmeans(points[None], 20, n_init=3, seed=1).best_labels[0]
    assert adjusted_rand_index(task, plain) < 0.95
    cluster = projected(states_of(points, 5, task)).frames.to_pylist()[0]["cluster"]
    assert adjusted_rand_index(task, np.array(cluster)) == 1.0


def test_a_spot_has_tsne_that_stays_put_discriminant_axes_and_neighbors():
    rng = np.random.default_rng(2)
    task = np.tile([0, 1, 2], 20)
    centers = np.array([[0, 0, 90], [90, 0, 0], [0, 90, 0]])
    steps = [states_of(centers[task] + rng.normal(size=(60, 3)), step, task) for step in (0, 4)]
    found = projected(*steps, spot=Spot("input", "task", 45, (0, 4)))
    frames = found.frames.to_pylist()
    assert [(one["embedding"], one["step"], len(one["x"])) for one in frames] == [
        ("pca", 0, 60), ("discriminant", 0, 60), ("pca", 4, 60), ("discriminant", 4, 60), ("tsne", 0, 45), ("tsne", 4, 45),
    ]  # fmt: skip
    first, second = (np.stack([one["x"], one["y"]], axis=1) for one in frames if one["embedding"] == "tsne")
    middles = np.array(
        [[picture[task[:45] == k].mean(axis=0) for k in range(3)] for picture in (first, second)]
    )
    apart = np.linalg.norm(middles[0][0] - middles[0][1])
    assert np.linalg.norm(middles[0] - middles[1], axis=1).max() < apart, "groups stay where they were"
    near = found.neighbors.to_pylist()
    assert [(one["step"], one["position"], one["factor"]) for one in near] == [
        (0, "input", "task"), (4, "input", "task"),
    ]  # fmt: skip
    assert np.array_equal(task[np.reshape(near[1]["nearest"], (45, 10))], np.tile(task[:45, None], 10))


@pytest.mark.parametrize(
    "spot", [Spot("last", "task", 45, (0,)), Spot("input", "mood", 45, (0,)), Spot("input", "one", 45, (0,))]
)
def test_a_spot_that_is_not_there_is_left_out(spot):
    states = states_of(np.random.default_rng(0).normal(size=(30, 4)), 0)
    states = replace(states, labels={**states.labels, "one": np.zeros(30, dtype=np.int64)})
    found = projected(states, spot=spot)
    assert set(found.frames["embedding"].to_pylist()) == {"pca"} and found.neighbors.num_rows == 0


@given(arrays(np.int64, 30, elements=st.integers(0, 4)), st.permutations(range(5)))
@settings(max_examples=30)
def test_renumbering_undoes_a_permutation(old, permutation):
    new = np.array(permutation)[old]
    assert (renumber(new, old, 5) == old).all()


def test_any_beginning_of_the_sample_is_balanced():
    split = np.array(["train"] * 300 + ["validation"] * 60)
    task = np.concatenate([np.repeat(range(6), 50), np.repeat(range(6), 10)])
    order = balanced_order(split, task, 100, seed=3)
    assert len(order) == len(set(order)) == 160
    first = order[:24]
    assert (split[first] == "train").sum() == 12
    assert np.bincount(task[first], minlength=6).tolist() == [4] * 6
    assert (balanced_order(split, task, 100, seed=3) == order).all()
    assert (balanced_order(split, task, 100, seed=4) != order).any()
