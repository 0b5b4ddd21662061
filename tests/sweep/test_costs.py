"""What a point costs beside another."""

import pytest

from nucleate.settings.presets import resolve
from nucleate.sweep.costs import LOOKS_OF_A_MILESTONE, Measured, look_cost, n_pictures, step_cost


@pytest.mark.parametrize(
    ("change", "times"),
    [
        ("training.batch_instructions=32", 2),
        ("model.n_layer=4", None),
        ("corpus.n_inputs=6", None),
        ("seed=5", 1),
    ],
)
def test_a_step_costs_more_where_there_is_more_of_it(change, times):
    plain, other = step_cost(resolve("smoke")), step_cost(resolve("smoke", [change]))
    assert other > plain if times is None else other == times * plain


def test_looks_cost_by_what_is_looked_at():
    assert look_cost(resolve("smoke", ["scoring.n_examples=120"])) == 2 * look_cost(resolve("smoke"))
    assert look_cost(resolve("realistic")) > 0 and step_cost(resolve("realistic")) > 0


def test_one_measurement_stands_for_all_points():
    of = resolve(
        "smoke", ["pictures.tsne=false"]
    )  # 12 steps, checkpoints at 0, 2, 6 and 12, two are milestones
    assert len(of.training.all_checkpoint_steps()) == 4
    measured = Measured(of, step=0.5, look=1.0, picture=3.0, scores=100.0, checkpoint=1000.0)
    looks = 2 * 1.0 + 2 * LOOKS_OF_A_MILESTONE
    assert measured.seconds(of) == pytest.approx(12 * 0.5 + looks)
    assert measured.seconds(of, is_trained=True) == pytest.approx(looks)
    assert measured.kept(of, ("scores",)) == pytest.approx(4 * 100)
    assert measured.kept(of, ("scores", "checkpoints")) == pytest.approx(4 * 1100)
    twice = resolve("smoke", ["training.batch_instructions=32", "pictures.tsne=false"])
    assert measured.seconds(twice) - measured.seconds(of) == pytest.approx(12 * 0.5)


def test_pictures_cost_by_their_number_and_the_square_of_their_points():
    n_points = resolve("smoke").pictures.n_points
    without, with_, larger = (
        resolve("smoke", [f"pictures.tsne={tsne}", f"pictures.n_points={n}", "pictures.n_steps=2"])
        for tsne, n in (("false", n_points), ("true", n_points), ("true", 2 * n_points))
    )
    measured = Measured(with_, step=0.5, look=1.0, picture=3.0, scores=100.0, checkpoint=1000.0)
    assert n_pictures(without) == 0 and n_pictures(with_) == 2 * (2 + 2), (
        "every site, at two of the checkpoints"
    )
    assert measured.seconds(with_) - measured.seconds(without) == pytest.approx(8 * 3.0)
    assert measured.seconds(larger) - measured.seconds(without) == pytest.approx(8 * 3.0 * 4)
