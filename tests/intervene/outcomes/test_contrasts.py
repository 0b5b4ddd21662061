"""Looking at many layers and controls and picking the best must not make something of nothing."""

import numpy as np
import pytest

from nucleate.intervene.outcomes.cells import METRICS, Cell
from nucleate.intervene.outcomes.contrasts import contrasts, simultaneous_interval
from nucleate.intervene.outcomes.effects import CONTROLS
from nucleate.resampling.intervals import Draws
from nucleate.scores import RunTag

SITES = [*(f"block.{i}" for i in range(1, 8)), "final_norm"]
COMMON = {"n_resamples": 100, "tag": RunTag("r", "m", 1), "step": 1, "split": "validation"}


def correlated(rng, share, n, shape):
    """Of each of `shape` whether an answer turned: a share of them, the layers alike as layers are."""
    latent = rng.standard_normal(n) + rng.standard_normal((*shape, n))
    return (latent < np.quantile(latent, share)).astype(float)


@pytest.mark.parametrize(("share", "strict"), [(0.3, True), (0.05, False)])
def test_nothing_is_found_where_the_shift_does_what_a_control_does(share, strict):
    rng, found, apart = np.random.default_rng(0), 0, 0
    n, n_repetitions = 150, 400
    for seed in range(n_repetitions):
        flips = correlated(rng, share, n, (2, 7))
        differences = np.stack([flips[0] - flips[1], flips[0], flips[0]])  # two controls do nothing
        draws = Draws(np.arange(n), 200, seed)
        low, _ = simultaneous_interval(differences, draws)
        found += (low.min(0) > 0).any()
        apart += (draws.mean_interval(differences[0])[0] > 0).any()
    assert found / n_repetitions <= 0.025 + 0.02, "2.5 % are promised; four standard errors are 0.02 to 0.03"
    if strict:
        assert apart / n_repetitions > 0.05, "without the correction more is found in nothing"


def test_what_is_there_is_found():
    rng = np.random.default_rng(1)
    differences = correlated(rng, 0.4, 150, (1, 7)) - correlated(rng, 0.1, 150, (1, 7))
    low, high = simultaneous_interval(differences, Draws(np.arange(150), 200, 1))
    assert (low > 0).all()
    assert (high < 0.6).all()


def test_all_intervals_cover_at_once_as_often_as_they_say():
    rng = np.random.default_rng(2)
    covered = 0
    for seed in range(300):
        differences = correlated(rng, 0.4, 120, (3, 7)) - correlated(rng, 0.4, 120, (3, 7))
        low, high = simultaneous_interval(differences, Draws(np.arange(120), 200, seed))
        covered += bool(((low <= 0) & (high >= 0)).all())
    assert 0.90 <= covered / 300 <= 0.99


def test_no_exception_leaves_room_for_some():
    low, high = simultaneous_interval(np.zeros((1, 4, 100)), Draws(np.arange(100), 100, 1))
    np.testing.assert_allclose(high, np.log(4 / 0.025) / 100)
    np.testing.assert_allclose(low, -high)


def planted(n, **turned):
    """Values in which interventions at some positions turn all answers, and everything else none."""
    values = {}
    positions = (
        "last_instruction",
        "all_instruction",
        "instruction_but_last",
        "all_prompt",
        "prompt_but_last",
    )
    kinds = {("shift", "none"), ("replace", "none"), ("interchange", "none")}
    kinds |= {kind for controls in CONTROLS.values() for kind in controls}
    for site in SITES:
        for position in positions:
            for name, control in sorted(kinds):
                value = np.zeros((len(METRICS), n))
                if control == "none":
                    value[METRICS.index("becomes_b")] = turned.get(f"{position}_{name}", 0.0)
                values[Cell(site, position, name, control, 1.0)] = value
    return values


def test_what_moves_the_next_token_is_held_against_the_same_controls_where_tasks_differ_in_inputs():
    values, mass = planted(60), METRICS.index("next_mass_b")
    for cell, value in values.items():
        value[mass] = 0.1 if cell.control == "other_tasks" else 0.0
        value[mass, :20] = np.nan  # pairs of tasks with the same inputs
        if (cell.position, cell.intervention, cell.control) == ("last_instruction", "shift", "none"):
            value[mass, 20:] = 0.7
    rows = {
        (one.site, one.position, one.intervention): one
        for one in contrasts(values, np.arange(60), **COMMON)
        if one.metric == "next_excess"
    }
    found = rows["block.1", "last_instruction", "shift"]
    assert found.value == pytest.approx(0.6) and found.n_examples == 40 and found.ci_low > 0
    assert rows["block.1", "last_instruction", "interchange"].value == pytest.approx(0.0)
    assert rows["block.1", "all_instruction", "shift"].value == pytest.approx(-0.1)


def test_excess_is_over_the_strongest_control_and_added_is_what_is_lost_without_the_token():
    values = planted(60, all_instruction_interchange=1.0, last_instruction_shift=1.0)
    values[Cell("block.2", "last_instruction", "shift", "other_tasks", 1.0)][
        METRICS.index("becomes_b"), :15
    ] = 1
    values[Cell("block.2", "last_instruction", "shift", "random_direction", 1.0)][
        METRICS.index("becomes_b"), :6
    ] = 1
    rows = {
        (one.site, one.position, one.intervention, one.metric): one
        for one in contrasts(values, np.arange(60), **COMMON)
    }
    assert rows["block.1", "last_instruction", "shift", "excess"].value == 1.0
    assert rows["block.2", "last_instruction", "shift", "excess"].value == 0.75
    assert rows["block.2", "last_instruction", "interchange", "added_to_instruction"].value == 1.0
    assert rows["block.2", "last_instruction", "interchange", "added_to_prompt"].value == 0.0
    assert rows["block.2", "last_instruction", "interchange", "lost"].value == 0.0
    assert all(-1 <= one.ci_low <= one.value <= one.ci_high <= 1 for one in rows.values())
    assert {one.strength for one in rows.values()} == {1.0}
