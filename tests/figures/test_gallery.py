from nucleate.figures.gallery import draw_figures
from nucleate.scores import Scores


def names(folder):
    return {file.name for file in folder.glob("*.png")}


def test_a_run_gets_every_figure_and_the_same_bytes_again(planted_scores, tmp_path):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer: 0.2 * layer * (step > 5), position=position)
        for position in ("last_instruction", "input")
    )
    for name in ("a", "b"):
        draw_figures(scores, tmp_path / name, position="last_instruction")
    expected = {"emergence.png", "emergence-input.png", "atlas.png", "emergence_order.png"}
    assert names(tmp_path / "a") == expected
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_a_single_step_has_no_order_of_emergence(planted_scores, tmp_path):
    draw_figures(planted_scores(lambda step, layer: 0.5, steps=(7,)), tmp_path, position="last_instruction")
    assert names(tmp_path) == {"emergence.png", "atlas.png"}
