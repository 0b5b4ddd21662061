import numpy as np
import pytest

from nucleate.figures.clusters.profile import profile_figure
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS
from nucleate.scores import Scores
from nucleate.view import View


def runs(planted_scores, seeds=(1,)):
    return Scores.concatenate(
        planted_scores(
            lambda step, layer, top=top, seed=seed: top * layer + 0.1 * seed,
            steps=(7,), position="last", factor=factor, bag=0.3, seed=seed,
        )
        for seed in seeds
        for factor, top in (("relation", 0.1), ("country", 0.05))
    )  # fmt: skip


@pytest.mark.parametrize(("width", "shape"), [(TWO_COLUMNS, (1, 2)), (ONE_COLUMN, (2, 1))])
def test_a_line_per_factor_and_a_panel_per_split(planted_scores, width, shape):
    with profile_figure(runs(planted_scores), View("last"), width) as figure:
        assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == shape
        country, relation = (line for line in figure.axes[1].lines if line.get_marker() != "None")
        np.testing.assert_allclose(relation.get_ydata(), 0.1 * np.arange(5) + 0.1)
        np.testing.assert_allclose(country.get_ydata(), 0.05 * np.arange(5) + 0.1)
        words = [text.get_text() for text in figure.legends[0].get_texts()]
        assert {"country", "relation", "strongest control", "95 % interval"} <= set(words)


def test_every_seed_has_a_thin_line(planted_scores):
    with profile_figure(runs(planted_scores, seeds=(1, 2, 3)), View("last")) as figure:
        thin = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_gid() == "seed"]
        assert sorted(thin) == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
        words = [text.get_text() for text in figure.legends[0].get_texts()]
        assert "95 % interval between 3 seeds" in words


def test_several_seeds_are_a_mean_and_a_range(planted_scores):
    with profile_figure(runs(planted_scores, seeds=(1, 3)), View("last")) as figure:
        line = [one for one in figure.axes[0].lines if one.get_marker() != "None"][-1]
        np.testing.assert_allclose(line.get_ydata(), 0.1 * np.arange(5) + 0.2)
        assert "range of 2 seeds" in [text.get_text() for text in figure.legends[0].get_texts()]
