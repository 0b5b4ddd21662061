"""Control arms of which is known what became of them."""

import pandas as pd

from nucleate.arms import COLUMNS

ENDS = {
    ("sequence", "own", False): (0.9, 0.98),
    ("answer", "own", False): (0.5, 1.0),
    ("sequence", "shared", False): (0.02, 0.85),
    ("answer", "shared", False): (0.8, 1.0),
    ("sequence", "own", True): (0.01, 0.4),
}
"""Agreement and accuracy of each arm at its last step."""


def planted_arms(seeds=(1,), steps=(0, 100, 200)):
    """Agreement that rises in a straight line, seeds 0.02 apart; the control's level is 0.05."""
    rows = [
        (objective, inputs, memorize, seed, step, 4, "last_instruction", "task", "validation", "ari_across", 300,
         value, value - 0.03, value + 0.03, "bag_of_tokens", 0.05, accuracy * step / steps[-1])
        for (objective, inputs, memorize), (end, accuracy) in ENDS.items()
        for seed in seeds
        for step in steps
        for value in [end * step / steps[-1] + 0.02 * (seed - 1)]
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))
