import numpy as np
import pytest

from nucleate.figures.clusters.pretraining import edges_of, places_of, pretraining_figure
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS
from nucleate.view import View

STEPS = (0, 1, 8, 512)


def test_steps_stand_at_their_logarithms_and_step_0_one_doubling_before():
    np.testing.assert_allclose(places_of([0, 4, 8, 1024]), [1, 2, 3, 10])
    np.testing.assert_allclose(edges_of(np.array([1.0, 2.0, 10.0])), [0.5, 1.5, 6.0, 14.0])
    np.testing.assert_allclose(edges_of(np.array([3.0])), [2.5, 3.5])


@pytest.mark.parametrize(("width", "shape"), [(TWO_COLUMNS, (1, 2)), (ONE_COLUMN, (2, 1))])
def test_curves_and_map_have_every_layer_at_every_revision(planted_scores, width, shape):
    scores = planted_scores(
        lambda step, layer: layer / 4 * min(1.0, step / 512), steps=STEPS, n_layer=4, position="last", bag=0.1
    )
    with pretraining_figure(scores, View("last"), width) as figure:
        curves, cells, _ = figure.axes
        assert curves.get_subplotspec().get_gridspec().get_geometry() == shape
        lines = [line for line in curves.lines if line.get_marker() == "o"]
        assert len(lines) == 5
        np.testing.assert_allclose(lines[-1].get_xdata(), places_of(list(STEPS)))
        np.testing.assert_allclose(lines[-1].get_ydata(), np.array(STEPS) / 512)
        (mesh,) = cells.collections
        expected = np.arange(5)[:, None] / 4 * np.array(STEPS) / 512
        np.testing.assert_allclose(np.asarray(mesh.get_array()).reshape(5, 4), expected)
        assert [text.get_text() for text in cells.get_xticklabels()] == ["0", "1", "8", "512"]
