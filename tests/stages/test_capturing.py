"""What is said of a checkpoint that cannot be captured. Whole series are captured in tests of `analyze`."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from nucleate.errors import ModelError
from nucleate.stages.capturing import _Capture
from nucleate.stages.observer import Silent


@pytest.mark.parametrize(
    ("n_checkpoints", "said"), [(2, "checkpoint-60: states are not finite"), (1, "states are not finite")]
)
def test_of_several_checkpoints_the_one_in_question_is_named(tmp_path, n_checkpoints, said):
    @contextmanager
    def model(step, seed):
        raise ModelError("states are not finite", "Look at the model.")
        yield

    series = SimpleNamespace(
        model=model, members={0: "untrained", 60: "checkpoint-60"}, table=[None] * n_checkpoints
    )
    capture = _Capture(series, SimpleNamespace(seed=1), tmp_path, object(), np.arange(3), ("last",))
    with pytest.raises(ModelError) as caught:
        capture.into(Silent(), 60, tmp_path / "states", is_first=True)
    assert (caught.value.what, caught.value.mend) == (said, "Look at the model.")
