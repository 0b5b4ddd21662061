import pytest

from nucleate.figures.order import order_figure
from nucleate.scores import Scores
from nucleate.view import View


def ramp(whole):
    return lambda step, layer: 0.05 + 0.2 * layer * min(step / whole, 1.0)


def dots(axes):
    return sorted(tuple(point) for group in axes.collections for point in group.get_offsets() if point[0] > 0)


def test_a_dot_where_each_layer_is_half_way_and_none_where_nothing_rose(planted_scores):
    with order_figure(planted_scores(ramp(100), splits=["validation"]), View()) as figure:
        points = dots(figure.axes[0])
        assert [height for _, height in points] == [1, 2, 3, 4]
        assert [step for step, _ in points] == pytest.approx([50] * 4)
        dashed = [line for line in figure.axes[0].lines if line.get_color() == "#222222"]
        assert dashed[0].get_xdata()[0] == pytest.approx(100)


def test_factors_stand_apart_within_a_layer_and_positions_in_panels(planted_scores):
    runs = Scores.concatenate(
        planted_scores(ramp(whole), splits=["validation"], factor=factor, position=position)
        for factor, position, whole in (
            ("task", "last_instruction", 100),
            ("input", "last_instruction", 20),
            ("task", "input", 100),
        )
    )
    with order_figure(runs, View()) as figure:
        assert [axes.get_title("left") for axes in figure.axes] == ["last instruction token", "input token"]
        points = dots(figure.axes[0])
        assert len({round(height, 3) for _, height in points}) == 8
        assert {round(step) for step, _ in points} == {10, 50}
        assert len(dots(figure.axes[1])) == 4


def test_several_seeds_give_the_mean_and_a_bar(planted_scores):
    runs = Scores.concatenate(
        planted_scores(ramp(whole), splits=["validation"], seed=seed) for seed, whole in ((1, 20), (2, 100))
    )
    with order_figure(runs, View()) as figure:
        assert [step for step, _ in dots(figure.axes[0])] == pytest.approx([30] * 4)
        bars = [list(line.get_xdata()) for line in figure.axes[0].lines if line.get_linewidth() == 2.4]
        assert bars[0] == pytest.approx([10, 50])
        assert "range over 2 runs" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_model_that_never_rose_can_be_drawn(planted_scores):
    with order_figure(planted_scores(lambda step, layer: 0.3, accuracy=lambda step: 0.0), View()) as figure:
        assert dots(figure.axes[0]) == []
