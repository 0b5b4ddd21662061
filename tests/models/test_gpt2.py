import torch
from transformers.activations import ACT2FN

from tests.small_models import small_gpt2 as build


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
    torch.testing.assert_close(build().transformer.h[0].mlp.act(x), ACT2FN["gelu_new"](x))
