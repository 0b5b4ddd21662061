import numpy as np
import pytest
import scipy.stats
from matplotlib import pyplot as plt

from nucleate.figures.clusters.emergence import emergence_figure
from nucleate.figures.style import ONE_COLUMN
from nucleate.scores import Score, Scores
from nucleate.view import View


def rising(step, layer):
    return 0.05 + 0.2 * layer * min(step / 100, 1.0)


def layer_lines(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def test_every_layers_line_holds_its_scores(planted_scores):
    with emergence_figure(planted_scores(rising), View()) as figure:
        assert [axes.get_title("left") for axes in figure.axes] == ["train", "validation"]
        lines = layer_lines(figure.axes[1])
        assert len(lines) == 5
        np.testing.assert_allclose(lines[2].get_ydata(), [rising(x, 2) for x in lines[2].get_xdata()])
        dashed = [line for line in figure.axes[1].lines if line.is_dashed()]
        np.testing.assert_allclose(dashed[0].get_ydata(), lines[2].get_xdata() / 200)
        assert "layer 4" in [text.get_text() for text in figure.axes[0].texts]
    assert not plt.get_fignums()


def test_the_strongest_control_is_named_and_drawn_at_its_level(planted_scores):
    with emergence_figure(planted_scores(rising, bag=0.4), View()) as figure:
        assert "bag of tokens" in figure.legends[0].get_texts()[-1].get_text()
        level = next(line for line in figure.axes[0].lines if line not in layer_lines(figure.axes[0]))
        np.testing.assert_allclose(level.get_ydata(), 0.43)


def test_several_seeds_are_thin_lines_their_mean_and_the_interval_between_them(planted_scores):
    runs = Scores.concatenate(
        planted_scores(lambda step, layer, lift=lift: rising(step, layer) + lift, seed=seed)
        for seed, lift in ((1, 0.0), (2, 0.03), (3, 0.09))
    )
    with emergence_figure(runs, View()) as figure:
        lines = layer_lines(figure.axes[0])
        assert len(lines) == 5
        np.testing.assert_allclose(lines[4].get_ydata()[-1], 0.85 + 0.04)
        assert "95 % interval between 3 seeds" in [one.get_text() for one in figure.legends[0].get_texts()]
        reach = scipy.stats.t.ppf(0.975, 2) * scipy.stats.sem([0.0, 0.03, 0.09])
        ends = [band.get_paths()[0].vertices[:, 1] for band in figure.axes[0].collections]
        top = min(0.89 + reach, 1.0)
        assert any(np.isclose(band.max(), top) and np.isclose(band.min(), 0.09 - reach) for band in ends)
        thin = [line.get_ydata()[-1] for line in figure.axes[0].lines if line.get_gid() == "seed"]
        assert len(thin) == 5 * 3
        np.testing.assert_allclose(sorted(thin)[-3:], [0.85, 0.88, 0.94])


def test_what_is_drawn_is_what_the_view_looks_at(planted_scores):
    raw = planted_scores(lambda step, layer: 0.1)
    prepared = Scores.from_rows(
        Score(**{**row, "preparation": "standardise"}) for row in planted_scores(rising) if row["site"]
    )
    scores = Scores.concatenate([raw, prepared])
    with emergence_figure(scores, View(preparation="standardise")) as figure:
        assert layer_lines(figure.axes[1])[4].get_ydata()[-1] == pytest.approx(rising(200, 4))
        assert "standardized" in figure.get_suptitle()
    with emergence_figure(scores, View()) as figure:
        assert layer_lines(figure.axes[1])[4].get_ydata()[-1] == pytest.approx(0.1)
        assert figure.get_suptitle() == "Clusters at the last instruction token"


def test_panels_stand_above_each_other_in_one_column(planted_scores):
    with emergence_figure(planted_scores(rising), View(), width=ONE_COLUMN) as figure:
        assert figure.get_figwidth() == ONE_COLUMN
        assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == (2, 1)


def test_of_many_layers_some_are_named_and_the_last_is(planted_scores):
    deep = planted_scores(lambda step, layer: layer / 31 * min(step / 100, 1.0), n_layer=30)
    with emergence_figure(deep, View()) as figure:
        named = [text.get_text() for text in figure.axes[0].texts]
        assert "layer 30" in named and len(named) <= 13
