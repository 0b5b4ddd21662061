from itertools import pairwise

import numpy as np
import pytest

from nucleate.figures.clusters.atlas import atlas_figure
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS
from nucleate.scores import Scores
from nucleate.view import View

STEPS = (0, 10, 100)


def scores(planted_scores, **changes):
    return Scores.concatenate(
        planted_scores(
            lambda step, layer, top=top: 0.05 + top * layer * (step > 0),
            steps=STEPS,
            position=position,
            factor=factor,
            **changes,
        )
        for position, factor, top in (
            ("last_instruction", "task", 0.2),
            ("last_instruction", "input", 0.0),
            ("input", "task", 0.1),
        )
    )


def maps(figure):
    return {
        (axes.get_subplotspec().rowspan.start, axes.get_subplotspec().colspan.start): axes
        for axes in figure.axes
        if axes.get_label() != "<colorbar>"
    }


def test_a_map_per_factor_and_position_on_one_scale(planted_scores):
    with atlas_figure(scores(planted_scores), View()) as figure:
        found = maps(figure)
        assert set(found) == {(0, 0), (0, 1), (1, 0), (1, 1)}
        assert [found[row, 0].get_ylabel().strip() for row in (0, 1)] == ["task", "input"]
        assert [found[0, column].get_title("left") for column in (0, 1)] == [
            "last instruction token",
            "input token",
        ]
        values = found[0, 0].collections[0].get_array().reshape(5, len(STEPS))
        np.testing.assert_allclose(values[:, -1], 0.05 + 0.2 * np.arange(5))
        scales = {axes.collections[0].get_clim() for axes in found.values() if axes.collections}
        assert scales == {(0.0, 1.0)}
        assert [text.get_text() for text in found[1, 1].texts] == ["not measured"]


@pytest.mark.parametrize("width", [TWO_COLUMNS, ONE_COLUMN])
def test_titles_of_four_positions_do_not_run_into_each_other(planted_scores, width):
    four = Scores.concatenate(
        planted_scores(lambda step, layer: 0.2, steps=STEPS, position=position)
        for position in ("last_instruction", "input", "instruction_mean", "last")
    )
    with atlas_figure(four, View(), width) as figure:
        figure.draw_without_rendering()
        top = sorted((column, axes) for (row, column), axes in maps(figure).items() if row == 0)
        boxes = [axes._left_title.get_window_extent() for _, axes in top]
    assert all(one.x1 <= other.x0 for one, other in pairwise(boxes))


def test_steps_and_layers_are_named(planted_scores):
    with atlas_figure(scores(planted_scores), View()) as figure:
        axes = maps(figure)[1, 0]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "10", "100"]
        assert [label.get_text() for label in axes.get_yticklabels()] == [f"layer {i}" for i in range(5)]


def test_cells_no_higher_than_their_strongest_control_have_a_dot(planted_scores):
    with atlas_figure(scores(planted_scores, bag=0.5), View()) as figure:
        dots = maps(figure)[0, 0].lines[0]
        cells = {(round(x - 0.5), round(y - 0.5)) for x, y in zip(*dots.get_data(), strict=True)}
        above = {(column, row) for column in (1, 2) for row in (3, 4)}
        assert cells == {(column, row) for column in range(3) for row in range(5)} - above
