import pickle

import numpy as np

from nucleate.capture.hidden_states import HiddenStates
from nucleate.stages.kept_states import keep


def test_states_come_back_from_their_file_with_all_that_is_beside_them(tmp_path):
    rng = np.random.default_rng(0)
    states = HiddenStates(
        states=rng.standard_normal((6, 2, 1, 5)).astype(np.float32),
        sites=("embed", "final_norm"),
        positions=("last",),
        split=np.array(["train"] * 6),
        labels={"task": np.arange(6) % 2},
        predicted=np.arange(6),
        expected=np.arange(6),
        step=3,
    )
    kept = pickle.loads(pickle.dumps(keep(states, tmp_path)))
    assert kept.beside.states.size == 0
    again = kept.read()
    assert isinstance(again.states, np.memmap)
    assert np.array_equal(again.states, states.states)
    assert (again.step, again.sites) == (3, states.sites)
    assert np.array_equal(again.labels["task"], states.labels["task"])
