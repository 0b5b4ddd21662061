import pytest
from transformers import (
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
)

from nucleate.errors import ModelError
from nucleate.models.blocks import find_blocks, most_tokens, width_of
from tests import small_models
from tests.small_models import small_gpt2 as build


@pytest.mark.parametrize(
    "model",
    [
        GPTNeoXForCausalLM(
            GPTNeoXConfig(
                hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=16, vocab_size=9
            )
        ),
        LlamaForCausalLM(
            LlamaConfig(
                hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=16, vocab_size=9
            )
        ),
        build(),
    ],
    ids=["GPT-NeoX", "Llama", "GPT-2"],
)
def test_blocks_are_found_by_structure(model):
    blocks = find_blocks(model)
    assert blocks.sites == ("embed", "block.1", "block.2", "block.3", "final_norm")
    assert "norm" in type(blocks.final_norm).__name__.lower()


def test_a_model_without_a_list_of_blocks_is_refused():
    model = build()
    model.config.n_layer = 5
    with pytest.raises(ModelError, match="no list of 5 blocks"):
        find_blocks(model)


def test_a_final_norm_may_stand_before_the_blocks():
    config = OPTConfig(
        hidden_size=16, num_hidden_layers=3, num_attention_heads=2, ffn_dim=16, vocab_size=9, word_embed_proj_dim=16
    )  # fmt: skip
    model = OPTForCausalLM(config)
    assert find_blocks(model).final_norm is model.model.decoder.final_layer_norm


def test_width_and_length_by_any_name():
    assert (width_of(build()), most_tokens(build())) == (16, 8)
    assert most_tokens(small_models.KINDS["Mamba"]()) is None
