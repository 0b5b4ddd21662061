import numpy as np
import pytest

from nucleate.figures.style import factor_marks, figure_of, in_order, layer_colours, save_figure, site_order


def test_same_drawing_same_bytes(tmp_path):
    for name in ("a", "b"):
        with figure_of("title", 2, 2) as figure:
            figure.subplots().plot([1, 2], [3, 4])
            save_figure(figure, tmp_path / name, "one")
    for kind in ("png", "svg"):
        first, second = ((tmp_path / name / f"one.{kind}").read_bytes() for name in ("a", "b"))
        assert first == second


@pytest.mark.parametrize("n", [1, 2, 7, 13])
def test_layers_darken_from_the_bottom_up(n):
    luminance = [np.dot(colour[:3], (0.2126, 0.7152, 0.0722)) for colour in layer_colours(n)]
    assert len(luminance) == n
    assert all(np.diff(luminance) < 0)


def test_factors_of_the_users_own_get_marks_apart():
    marks = factor_marks(["task", "tone", "country"])
    assert len({marks[name] for name in ("task", "tone", "country")}) == 3


def test_known_names_first_sites_from_the_bottom_up():
    assert in_order(["b", "input", "task"], ["task", "input"]) == ["task", "input", "b"]
    sites = ["final_norm", "block.10", "embed", "block.9"]
    assert sorted(sites, key=site_order) == ["embed", "block.9", "block.10", "final_norm"]
