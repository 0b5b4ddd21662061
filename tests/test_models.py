import pytest
import torch
from pydantic import ValidationError
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM

from nucleate.errors import ModelError
from nucleate.models import ModelSettings, build_model, find_blocks, load_model, pick_device

SMALL = ModelSettings(n_layer=3, n_head=2, n_embd=16)


def build(seed=1):
    return build_model(SMALL, vocab_size=11, n_positions=8, seed=seed)


def test_a_model_is_a_function_of_its_seed_and_leaves_the_global_one_alone():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, second, other = build(), build(), build(2)
    assert torch.rand(1) == expected
    for name, parameter in first.named_parameters():
        assert torch.equal(parameter, dict(second.named_parameters())[name])
    assert not torch.equal(first.transformer.wte.weight, other.transformer.wte.weight)


def test_the_fused_gelu_is_gpt2s_own():
    x = torch.linspace(-4, 4, 101)
    from transformers.activations import ACT2FN  # noqa: PLC0415

    torch.testing.assert_close(build().transformer.h[0].mlp.act(x), ACT2FN["gelu_new"](x))


def test_saved_and_loaded_is_the_same_model(tmp_path):
    model = build().eval()
    model.save_pretrained(tmp_path)
    ids = torch.arange(6)[None]
    with torch.no_grad():
        torch.testing.assert_close(load_model(tmp_path)(ids).logits, model(ids).logits, rtol=0, atol=0)


@pytest.mark.parametrize("harm", ["no folder", "no weights"])
def test_what_is_no_model_is_named(tmp_path, harm):
    if harm == "no weights":
        build().config.save_pretrained(tmp_path)
    else:
        tmp_path /= "nothing"
    with pytest.raises(ModelError, match="does not load as a causal language model"):
        load_model(tmp_path)


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


def test_heads_must_share_the_width():
    with pytest.raises(ValidationError, match=r"not a multiple of model\.n_head=5"):
        ModelSettings(n_embd=16, n_head=5)


def test_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in {"cpu", "cuda"}
    with pytest.raises(ModelError, match="abacus"):
        pick_device("abacus")
