import numpy as np
import pytest

from nucleate.report.data.point_data import MOST_BYTES, USUAL_BYTES, point_data, points_within, steps_within


def test_coordinates_come_back_within_a_65535th(contents):
    data, frames = point_data(contents.projections), contents.projections.frames.to_pylist()
    row = next(
        one for one in frames if (one["step"], one["position"], one["site"]) == (6, "input", "block.2")
    )
    place = data["frames"]["pca/input/block.2"]
    xy = place["xy"].values.reshape(len(data["steps"]), 2, data["n_points"])
    span = place["high"] - place["low"]
    real = place["low"] + xy[data["steps"].index(6)] / 65535 * span
    np.testing.assert_allclose(real, [row["x"], row["y"]], atol=span / 65535)
    shared = data["clusters"][place["cluster"]]
    clusters = shared["code"].values.reshape(len(shared["steps"]), -1)
    assert clusters[shared["steps"].index(6)].tolist() == row["cluster"]


def test_maps_of_few_points_share_the_clusters_and_neighbors_come_back(contents):
    data, few = point_data(contents.projections), contents.projections.neighbors.to_pylist()[-1]
    place = f"{few['position']}/{few['site']}"
    tsne, beside = data["frames"][f"tsne/{place}"], data["neighbors"][place]
    assert tsne["cluster"] == data["frames"][f"pca/{place}"]["cluster"] == place
    assert tsne["n"] == beside["n"] == len(few["to_own"]) <= data["n_points"]
    at = beside["steps"].index(few["step"])
    nearest = beside["nearest"].values
    assert nearest.reshape(len(beside["steps"]), -1)[at].tolist() == few["nearest"]
    own = beside["to_own"].values.reshape(len(beside["steps"]), -1)[at]
    np.testing.assert_allclose(
        own / 65535 * beside["furthest"], few["to_own"], atol=beside["furthest"] / 65535
    )


def test_labels_and_answers_come_back(contents):
    data, examples = point_data(contents.projections), contents.projections.examples.to_pylist()
    task, predicted = data["columns"]["task"], data["predicted"]
    codes = task["code"].values
    assert [task["texts"][code] for code in codes] == [f"task {one['task']}" for one in examples]
    answers = predicted["code"].values.reshape(len(data["steps"]), -1)
    assert [predicted["texts"][code] for code in answers[-1]] == [one["predicted"][-1] for one in examples]


@pytest.mark.parametrize("n_runs", [1, 5])
def test_a_usual_run_keeps_the_usual_budget(n_runs):
    n_points = points_within(13 * 8 * 3, 1200, 1)
    assert 13 * 8 * 3 * n_points * 5 <= USUAL_BYTES
    assert points_within(10, 300, n_runs) == 300


@pytest.mark.parametrize(("n_steps", "n_places", "n_runs"), [(400, 60, 1), (60, 100, 1), (50, 24, 6)])
def test_the_longest_run_keeps_the_largest_budget(n_steps, n_places, n_runs):
    n_points = points_within(n_steps * n_places, 5000, n_runs)
    steps = steps_within(list(range(0, 10 * n_steps, 10)), n_steps * n_places, n_points, n_runs)
    assert len(steps) * n_places * n_points * 5 * n_runs <= MOST_BYTES
    assert steps[0] == 0 and steps[-1] == 10 * (n_steps - 1)


def test_labels_of_the_users_own_come_back_and_lists_stay_out(prompts):
    data = point_data(prompts.projections)
    assert set(data["columns"]) == {"country", "relation", "prompt", "output", "split"}
    assert data["columns"]["output"]["texts"] == ["Port Louis", "–"], "what nobody knows comes last"
    assert set(data["predicted"]["texts"]) == {" Port", " the"}
