"""States of nothing, whose instructions have the token counts that a test gives them."""

import numpy as np

from nucleate.capture.hidden_states import HiddenStates


def states_with_counts(counts: np.ndarray, task: np.ndarray) -> HiddenStates:
    n_examples = len(task)
    rng = np.random.default_rng(0)
    return HiddenStates(
        states=rng.standard_normal((n_examples, 2, 1, 4)).astype(np.float32),
        sites=("embed", "block.1"),
        positions=("last_instruction",),
        split=np.full(n_examples, "train"),
        labels={"task": task, "instruction": np.arange(n_examples)},
        predicted=task,
        expected=task,
        step=9,
        instruction_counts=counts,
    )
