import numpy as np
import pytest

from nucleate.corpus.spans import Spans
from nucleate.errors import CorpusError

BOTH = Spans(np.array([[1, 4], [0, 2]]), np.array([[4, 5], [3, 5]]), np.array([7, 6]))
LAST_ONLY = Spans(None, None, np.array([7, 6]))


def test_positions_are_those_that_can_be_told():
    assert BOTH.positions == ("last_instruction", "instruction_mean", "input", "last")
    assert LAST_ONLY.positions == ("last",)
    BOTH.require("input")
    with pytest.raises(CorpusError, match="'input'"):
        LAST_ONLY.require("input")


def test_an_instruction_has_one_state_only_where_no_input_comes_before_its_end():
    assert BOTH.before_input == ("last_instruction", "instruction_mean")
    turned = Spans(BOTH.input, BOTH.instruction, BOTH.prompt)
    assert turned.before_input == ()
    assert LAST_ONLY.before_input == ()


def test_what_tells_the_task_is_the_instruction_or_else_all():
    np.testing.assert_array_equal(BOTH.told, BOTH.instruction)
    assert LAST_ONLY.told.tolist() == [[0, 7], [0, 6]]
    assert BOTH.select(np.array([1])).told.tolist() == [[0, 2]]
