"""A short look at what a point costs."""

from nucleate.settings.presets import resolve
from nucleate.sweep.measurement import measure

SHORT = ("scoring.positions=['last_instruction']", "scoring.factors=['task']", "scoring.n_resamples=2")


def test_a_measurement_is_of_the_points_own_first_steps():
    measured = measure(resolve("smoke", SHORT))
    assert 0 < measured.step < 60 and measured.look > 0 and measured.picture > 0
    assert measured.checkpoint > 4 * 12 * 2 * 32**2, "float32 weights of two blocks of width 32"
    assert measured.of == resolve("smoke", SHORT)
