"""What a point costs beside another."""

import pytest

from nucleate.settings.presets import resolve
from nucleate.sweep.costs import Measured, look_cost, measure, step_cost

SHORT = ("scoring.positions=['last_instruction']", "scoring.factors=['task']", "scoring.n_resamples=2")


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
    of = resolve("smoke")  # 12 steps, checkpoints at 0, 2, 6 and 12, two of them milestones
    assert len(of.training.all_checkpoint_steps()) == 4
    measured = Measured(of, step=0.5, look=1.0, milestone=10.0, scores=100.0, checkpoint=1000.0)
    assert measured.seconds(of) == pytest.approx(12 * 0.5 + 2 * 1.0 + 2 * 10.0)
    assert measured.seconds(of, is_trained=True) == pytest.approx(2 * 1.0 + 2 * 10.0)
    assert measured.kept(of, ("scores",)) == pytest.approx(4 * 100)
    assert measured.kept(of, ("scores", "checkpoints")) == pytest.approx(4 * 1100)
    twice = resolve("smoke", ["training.batch_instructions=32"])
    assert measured.seconds(twice) - measured.seconds(of) == pytest.approx(12 * 0.5)


def test_a_measurement_is_of_the_points_own_first_steps():
    measured = measure(resolve("smoke", SHORT))
    assert 0 < measured.step < 60 and 0 < measured.look <= measured.milestone
    assert measured.checkpoint > 4 * 12 * 2 * 32**2, "float32 weights of two blocks of width 32"
    assert measured.of == resolve("smoke", SHORT)
