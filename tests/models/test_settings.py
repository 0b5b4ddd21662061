import pytest
from pydantic import ValidationError

from nucleate.models.settings import ModelSettings


def test_heads_must_share_the_width():
    with pytest.raises(ValidationError, match=r"not a multiple of model\.n_head=5"):
        ModelSettings(n_embd=16, n_head=5)


def test_a_name_for_tables():
    assert ModelSettings(n_layer=3, n_head=2, n_embd=16).name == "gpt2-3x16"
