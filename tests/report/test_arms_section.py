"""The control arms on a page: lines where the numbers say, words that cannot run anything."""

import re

import pytest

from nucleate.report.arms_section import HEIGHT, WIDTH, Scale, arms_section, arms_style, panels_of
from tests.planted_arms import ENDS, planted_arms


def places(path):
    return [tuple(map(float, place.split())) for place in re.findall(r"[ML]([\d.]+ [\d.]+)", path)]


def test_lines_stand_where_steps_and_values_are():
    panels = panels_of(planted_arms())
    assert [(one.end.agreement, one.end.accuracy) for one in panels] == list(ENDS.values())
    line = places(panels[0].mean)
    assert [x for x, _ in line] == [0.0, WIDTH / 2, WIDTH]
    values = [1.05 - 1.1 * y / HEIGHT for _, y in line]
    assert values == pytest.approx([0.0, 0.45, 0.9], abs=1e-3)
    assert panels[0].seeds == ()
    assert len(panels_of(planted_arms(seeds=(1, 2)))[0].seeds) == 2


def test_values_below_the_frame_lower_it():
    table = planted_arms()
    table.loc[0, "value"] = -0.5
    assert Scale.of(table).height(-0.5) == HEIGHT


def test_the_section_has_every_arm_as_a_drawing_and_a_row_and_escapes_names():
    html = str(arms_section(planted_arms().assign(factor="<script>")))
    assert html.count("<figure") == html.count('<tr><th scope="row">') == len(ENDS)
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "accuracy 0.98" in html and "0.90 [0.87, 0.93]" in html
    assert ".arm" in arms_style() and "http" not in arms_style()
