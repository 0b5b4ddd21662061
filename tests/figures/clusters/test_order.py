import pytest
import scipy.stats
from matplotlib.lines import Line2D
from matplotlib.offsetbox import DrawingArea

from nucleate.figures.clusters.order import order_figure
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
        planted_scores(ramp(whole), splits=["validation"], seed=seed)
        for seed, whole in ((1, 80), (2, 100), (3, 120))
    )
    with order_figure(runs, View()) as figure:
        assert [step for step, _ in dots(figure.axes[0])] == pytest.approx([50] * 4)
        bars = [list(line.get_xdata()) for line in figure.axes[0].lines if line.get_linewidth() == 2.4]
        assert bars[0] == pytest.approx(scipy.stats.t.interval(0.95, 2, 50, scipy.stats.sem([40, 50, 60])))
        assert "95 % interval between 3 seeds" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_line_leads_from_the_onset_and_an_onset_after_the_half_rise_stands_by_itself(planted_scores):
    def dips(step, layer):
        return 0.05 + (0.2 * layer if step > 10 and not (layer == 4 and step == 100) else 0.0)

    with order_figure(
        planted_scores(dips, splits=["validation"], steps=(0, 10, 50, 100, 200)), View()
    ) as figure:
        axes = figure.axes[0]
        ticks = {line.get_ydata()[0]: line.get_xdata()[0] for line in axes.lines if line.get_marker() == "|"}
        joined = {line.get_ydata()[0]: list(line.get_xdata()) for line in axes.lines if line.get_lw() == 0.7}
        half = {height: step for step, height in dots(axes)}
    assert ticks[4] == 200 and half[4] < 200 and 4 not in joined
    assert all(begin <= end and end == half[height] for height, (begin, end) in joined.items())


def test_every_entry_of_the_legend_has_a_mark(planted_scores):
    with order_figure(planted_scores(ramp(100), splits=["validation"]), View()) as figure:
        (legend,) = figure.legends
        drawn = [
            any(one.get_marker() not in ("None", "") or one.get_linestyle() != "None" for one in group)
            for group in (handle.findobj(Line2D) for handle in legend.findobj(DrawingArea))
        ]
    assert len(drawn) == len(legend.get_texts()) and all(drawn)


def test_a_position_at_which_nothing_rose_is_named_and_has_no_panel(planted_scores):
    runs = Scores.concatenate(
        [
            planted_scores(ramp(100), splits=["validation"]),
            planted_scores(lambda step, layer: 0.05, splits=["validation"], position="input"),
        ]
    )
    with order_figure(runs, View()) as figure:
        assert [axes.get_title("left") for axes in figure.axes] == ["last instruction token"]
        assert figure.get_suptitle().endswith("Nothing rose above its controls at the input token.")


def test_a_model_that_never_rose_can_be_drawn(planted_scores):
    with order_figure(planted_scores(lambda step, layer: 0.3, accuracy=lambda step: 0.0), View()) as figure:
        assert dots(figure.axes[0]) == []
