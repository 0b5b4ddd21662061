import numpy as np
import pytest

from nucleate.figures.clusters.arms import arms_figure
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS
from tests.planted_arms import ENDS, planted_arms


@pytest.mark.parametrize(("width", "columns"), [(TWO_COLUMNS, 3), (ONE_COLUMN, 2)])
def test_an_arm_a_panel_with_agreement_and_accuracy(width, columns):
    with arms_figure(planted_arms(), width) as figure:
        panels = [one for one in figure.axes if one.get_visible()]
        assert panels[0].get_subplotspec().get_gridspec().get_geometry()[1] == columns
        assert len(panels) == len(ENDS)
        for panel, (end, accuracy) in zip(panels, ENDS.values(), strict=True):
            control, answered, agreement = panel.lines
            np.testing.assert_allclose(control.get_ydata(), 0.05)
            np.testing.assert_allclose(answered.get_ydata(), [0, accuracy / 2, accuracy])
            np.testing.assert_allclose(agreement.get_ydata(), [0, end / 2, end])
        assert panels[0].texts[0].get_text() == "0.90"


def test_seeds_are_thin_lines_about_their_mean():
    with arms_figure(planted_arms(seeds=(1, 3))) as figure:
        _, _, first, second, mean = figure.axes[0].lines
        assert first.get_linewidth() < mean.get_linewidth()
        np.testing.assert_allclose((first.get_ydata() + second.get_ydata()) / 2, mean.get_ydata())
        assert "single seeds" in [text.get_text() for text in figure.legends[0].get_texts()]
