import numpy as np
import pytest

from nucleate.corpus.spans import Spans, draw_tokens
from nucleate.errors import CorpusError

BOTH = Spans(np.array([[1, 4], [0, 2]]), np.array([[4, 5], [3, 5]]), np.array([7, 6]))
LAST_ONLY = Spans(None, None, np.array([7, 6]))


def test_positions_are_those_that_can_be_told():
    assert BOTH.positions == ("last_instruction", "instruction_mean", "input", "last", "prompt_mean")
    assert LAST_ONLY.positions == ("last", "prompt_mean")
    assert Spans(None, None, BOTH.prompt, np.array([0, 5])).positions == (
        "last",
        "prompt_mean",
        "every_token",
    )
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


def test_every_token_of_a_prompt_is_drawn_as_often_and_by_the_instance_alone():
    prompt = np.repeat([3, 8], 20_000)
    drawn = draw_tokens(np.arange(40_000), prompt)
    for length in (3, 8):
        shares = np.bincount(drawn[prompt == length], minlength=length) / 20_000
        np.testing.assert_allclose(shares, 1 / length, atol=0.012)
    chosen = np.array([7, 3, 39_999])
    np.testing.assert_array_equal(draw_tokens(chosen, prompt[chosen]), drawn[chosen])
    assert abs(np.corrcoef(drawn[:19_999], drawn[1:20_000])[0, 1]) < 0.03


def test_a_draw_follows_its_rows():
    drawn = Spans(None, None, BOTH.prompt, np.array([2, 5]))
    assert drawn.select(np.array([1])).drawn.tolist() == [5]
