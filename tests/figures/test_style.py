import re
from importlib import resources

import numpy as np
import pytest

from nucleate.figures.style import (
    LAYER_STOPS,
    ONE_COLUMN,
    TWO_COLUMNS,
    factor_marks,
    figure_of,
    in_order,
    layer_colors,
    save_figure,
)


def test_same_drawing_same_bytes(tmp_path):
    for name in ("a", "b"):
        with figure_of("title", 2, 2) as figure:
            figure.subplots().plot([1, 2], [3, 4])
            save_figure(figure, tmp_path / name, "one")
    for kind in ("png", "svg", "pdf"):
        first, second = ((tmp_path / name / f"one.{kind}").read_bytes() for name in ("a", "b"))
        assert first == second


@pytest.mark.parametrize("n", [1, 2, 7, 13])
def test_layers_darken_from_the_bottom_up(n):
    luminance = [np.dot(color[:3], (0.2126, 0.7152, 0.0722)) for color in layer_colors(n)]
    assert len(luminance) == n
    assert all(np.diff(luminance) < 0)


def test_print_and_page_have_one_scale_for_layers():
    """Stop by stop as the page's style sheet has them on paper and on a light screen, and as many as its script asks for."""
    room = resources.files("nucleate.report")
    light = (room / "style.css").read_text(encoding="utf-8").split("@media")[0]
    assert tuple(re.findall(r"--layer-\d: (#[0-9a-f]{6})", light)) == LAYER_STOPS
    script = (room / "page.js").read_text(encoding="utf-8")
    assert f'("layer",{len(LAYER_STOPS)},' in script
    assert [tuple(round(255 * part) for part in color) for color in layer_colors(5)] == [
        tuple(bytes.fromhex(stop[1:])) for stop in LAYER_STOPS
    ]


def test_factors_of_the_users_own_get_marks_apart():
    marks = factor_marks(["task", "tone", "country"])
    assert len({marks[name] for name in ("task", "tone", "country")}) == 3


def test_known_names_first():
    assert in_order(["b", "input", "task"], ["task", "input"]) == ["task", "input", "b"]


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
def test_files_are_of_the_width_asked_for_with_their_letters_in_them(tmp_path, width):
    with figure_of("title", width, 2) as figure:
        figure.subplots().set_xlabel("words")
        save_figure(figure, tmp_path, "one")
    svg, pdf = (tmp_path / "one.svg").read_text(), (tmp_path / "one.pdf").read_bytes()
    assert f'width="{72 * width:g}pt"' in svg
    assert "<text" not in svg, "letters are outlines: no font is asked of the reader"
    box = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+)", pdf)
    assert float(box[1]) == pytest.approx(72 * width)
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf
