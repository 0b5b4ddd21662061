import numpy as np
import pytest

from nucleate.figures.answers.selective import selective_figure
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS
from nucleate.resampling.intervals import Draws
from nucleate.unseen.membership import Membership
from nucleate.unseen.selective import SHOWN, Ranking, selective_table


@pytest.fixture(scope="module")
def selective():
    rng = np.random.default_rng(0)
    rows = []
    for split in ("unseen_instruction", "validation"):
        right = rng.random(80) < 0.7
        own = Draws(np.arange(80), 20, 1)
        weights = np.concatenate([np.ones((1, 80)), own.weights])
        ranking = Ranking({"split": split}, right, rng.random(80), own, weights)
        members = Membership(rng.random((2, 80, 3)), np.zeros(80, int), right)
        rows += [*ranking.without_states(), *ranking.at_position(members, "input", ("block.1", "block.2"))]
    return selective_table(rows)


@pytest.mark.parametrize(("width", "shape"), [(TWO_COLUMNS, (2, 2)), (ONE_COLUMN, (4, 1))])
def test_a_panel_per_split_and_ranking_with_the_highest_layer(selective, width, shape):
    with selective_figure(selective, width) as figure:
        assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == shape
        assert figure.axes[0].get_title(loc="left") == "validation, by margin"
        _, confidence, margin = figure.axes[0].lines
        own = selective.query("split == 'validation' and metric == 'risk'").sort_values("coverage")
        np.testing.assert_allclose(confidence.get_ydata(), own.query("score == 'confidence'")["value"])
        np.testing.assert_allclose(margin.get_ydata(), own.query("score == 'margin' and layer == 2")["value"])
        np.testing.assert_allclose(margin.get_xdata(), SHOWN)
        ends = [one.get_segments() for one in figure.axes[0].collections]
        shown = own.query("score == 'margin' and layer == 2 and coverage in [0.2, 0.4, 0.6, 0.8, 1.0]")
        assert [[low[1], high[1]] for low, high in ends[1]] == pytest.approx(
            shown[["ci_low", "ci_high"]].to_numpy()
        )
        assert "input token" in [text.get_text() for text in figure.legends[0].get_texts()]
