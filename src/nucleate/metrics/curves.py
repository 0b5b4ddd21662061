"""What a curve over the steps of training tells: its last third, when it comes about, when it is half-way.

Nothing is hidden but conventions: the last third begins at the last checkpoint at or before it, and between
checkpoints a curve is a straight line.
"""

from __future__ import annotations

import numpy as np

from nucleate.lazy import Bool, Float

LEAST_OF_LAST_THIRD = 0.5
"""The late checkpoints must reach over this share of the last third: a slope over less says nothing of it."""


def late(steps: Float[np.ndarray, " step"]) -> Bool[np.ndarray, " step"]:
    """Which checkpoints tell of the last third: those in it, and the one before it, where it begins.

    The first of several is never one of them: it is where what was seen of training began.
    """
    third_begins = steps[0] + (steps[-1] - steps[0]) * 2 / 3
    begins = steps[steps <= third_begins].max(initial=steps[0])
    return np.asarray((steps >= begins) & ((steps > steps[0]) | (len(steps) == 1)))


def late_gain(steps: Float[np.ndarray, " step"], values: Float[np.ndarray, " step"]) -> float:
    """What a straight line through the late values (least squares) gains over a third of all steps.

    A steady climb from the first step to the last gains a third of its whole rise. NaN where the late
    checkpoints reach over less than half of the last third, as one alone does.
    """
    weights = _gain_weights(steps)
    if weights is None:
        return float("nan")
    of_late = values[late(steps)]
    # Weights add up to 0 but for rounding: without the first value a level curve gains 0 exactly.
    return float(weights @ (of_late - of_late[0]))


def late_gain_interval(
    steps: Float[np.ndarray, " step"],
    values: Float[np.ndarray, " step"],
    reach: Float[np.ndarray, " step"],
) -> tuple[float, float]:
    """The ends of a 95 % interval of `late_gain`, from how far those of its values reach; NaN where one is.

    The gain is a weighted sum of the late values, so what they reach adds up as errors that know nothing of
    each other do. They come from halves of the units. Units, halves and seeds are the same at every step, so
    errors of steps go together, which a slope does not see: the interval is rather too wide.
    """
    weights = _gain_weights(steps)
    if weights is None:
        return float("nan"), float("nan")
    error = float(np.sqrt(np.square(weights * reach[late(steps)]).sum()))
    gain = late_gain(steps, values)
    return gain - error, gain + error


def _gain_weights(steps: Float[np.ndarray, " step"]) -> Float[np.ndarray, " late"] | None:
    """What each late value adds to the gain; None where the late checkpoints are too close together."""
    third, x = (steps[-1] - steps[0]) / 3, steps[late(steps)]
    if len(x) < 2 or x[-1] - x[0] < LEAST_OF_LAST_THIRD * third:
        return None
    centered = x - x.mean()
    return np.asarray(centered / (centered @ centered) * third)


def onset_step(steps: Float[np.ndarray, " step"], above: Bool[np.ndarray, " step"]) -> float | None:
    """The first step from which `above` holds to the end; None where it does not hold at the end."""
    below = np.flatnonzero(~above)
    first = below[-1] + 1 if len(below) else 0
    return float(steps[first]) if first < len(steps) else None


def crossing_step(
    steps: Float[np.ndarray, " step"], values: Float[np.ndarray, " step"], height: float
) -> float | None:
    """Where the values first reach `height`, on straight lines between steps; None where they never do."""
    reached = np.flatnonzero(values >= height)
    if not len(reached):
        return None
    after = reached[0]
    if after == 0:
        return float(steps[0])
    return float(np.interp(height, values[after - 1 : after + 1], steps[after - 1 : after + 1]))
