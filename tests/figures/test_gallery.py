from nucleate.figures.gallery import draw_figures
from nucleate.scores import Scores
from nucleate.view import View


def names(folder):
    return {file.name for file in folder.iterdir()}


def test_a_run_gets_every_figure_and_the_same_bytes_again(planted_scores, tmp_path):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer: 0.2 * layer * (step > 5), position=position)
        for position in ("last_instruction", "input")
    )
    for name in ("a", "b"):
        draw_figures(scores, tmp_path / name, View())
    plain = ("emergence", "emergence-input", "atlas", "emergence_order")
    endings = (".png", ".svg", ".pdf", "-column.pdf")
    assert names(tmp_path / "a") == {name + ending for name in plain for ending in endings}
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_a_single_step_is_drawn_by_layer(planted_scores, tmp_path):
    scores = planted_scores(
        lambda step, layer: 0.5, steps=(7,), splits=("all",), position="last", factor="relation"
    )
    draw_figures(scores, tmp_path, View(), formats=["svg"])
    assert names(tmp_path) == {"emergence.svg"}


def test_one_model_beside_its_untrained_twin_has_no_steps(planted_scores, tmp_path):
    scores = planted_scores(lambda step, layer: 0.5, steps=(0, 1), splits=("all",), position="last")
    draw_figures(scores, tmp_path, View(), is_series=True, formats=["svg"])
    assert names(tmp_path) == {"emergence.svg"}


def test_a_training_that_was_looked_at_first_and_last_has_steps(planted_scores, tmp_path):
    """Step 0 of a fine-tuning is the model that it began with, and no twin."""
    scores = planted_scores(
        lambda step, layer: 0.1 * layer * step / 80, steps=(0, 80), splits=("all",), position="last"
    )
    draw_figures(scores, tmp_path, View(), is_series=True, has_twin=False, formats=["svg"])
    assert names(tmp_path) == {"emergence.svg", "atlas.svg", "emergence_order.svg", "pretraining.svg"}


def test_factors_and_splits_of_the_users_own(planted_scores, tmp_path):
    scores = planted_scores(
        lambda step, layer: 0.1 * layer * (step > 5), splits=("all",), position="last", factor="relation"
    )
    draw_figures(scores, tmp_path, View(), formats=["svg"])
    assert names(tmp_path) == {"emergence.svg", "atlas.svg", "emergence_order.svg"}


def test_a_run_that_scored_other_states_than_its_claims_want_is_drawn_as_it_was_scored(
    planted_scores, tmp_path
):
    scores = planted_scores(lambda step, layer: 0.1 * layer * (step > 5))
    draw_figures(scores, tmp_path / "raw", View(), formats=["svg"])
    draw_figures(scores, tmp_path / "asked", View(preparation="standardise"), formats=["svg"])
    for name in ("emergence.svg", "atlas.svg", "emergence_order.svg"):
        assert (tmp_path / "raw" / name).read_bytes() == (tmp_path / "asked" / name).read_bytes()


def test_nothing_scored_nothing_drawn(planted_scores, tmp_path):
    draw_figures(planted_scores(lambda step, layer: 0.5).where(metric="accuracy"), tmp_path, View("last"))
    assert names(tmp_path) == set()
