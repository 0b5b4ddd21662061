"""Going on from a site must give what the whole model gives, whatever the architecture."""

import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from nucleate.intervene.rerun import CachedPass
from nucleate.models.blocks import find_blocks

SIZES = {"num_hidden_layers": 3, "num_attention_heads": 2, "hidden_size": 16, "vocab_size": 30}
SMALL = SIZES | {"intermediate_size": 24, "max_position_embeddings": 32}
GROUPED = SMALL | {"num_key_value_heads": 1}
ARCHITECTURES = {
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(n_layer=3, n_head=2, n_embd=16, vocab_size=30, bos_token_id=0, eos_token_id=0)
    ),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**GROUPED)),
    "gpt_neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**SMALL)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**GROUPED, head_dim=8)),
    "mamba": lambda: MambaForCausalLM(
        MambaConfig(num_hidden_layers=3, hidden_size=16, state_size=4, vocab_size=30)
    ),
    "gemma2, which caps its logits": lambda: Gemma2ForCausalLM(
        Gemma2Config(**GROUPED, head_dim=8, sliding_window=3, final_logit_softcapping=2.0)
    ),
}


@pytest.fixture(params=ARCHITECTURES, scope="module")
def model(request):
    torch.manual_seed(0)
    model = ARCHITECTURES[request.param]().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.3)
    return model


@pytest.fixture
def batch():
    torch.manual_seed(1)
    lengths = torch.tensor([7, 4, 5])
    mask = torch.arange(7)[None] < lengths[:, None]
    return torch.randint(1, 30, (3, 7)) * mask, mask


@torch.no_grad()
def plainly(model, ids, mask, site=None, states=None):
    """The whole model on each prompt alone, without padding, with a hook at the site."""
    blocks = find_blocks(model)
    logits = []
    for row in range(len(ids)):
        own = slice(0, int(mask[row].sum()))

        def patch(_module, arguments, output, row=row, own=own):
            new = states[row : row + 1, own]
            return (new, *output[1:]) if isinstance(output, tuple) else new

        def patch_input(_module, arguments, named, row=row, own=own):
            return (states[row : row + 1, own], *arguments[1:]), named

        if site == "embed":
            hook = blocks.blocks[0].register_forward_pre_hook(patch_input, with_kwargs=True)
        elif site is not None:
            modules = dict(zip(blocks.sites[1:], [*blocks.blocks, blocks.final_norm], strict=True))
            hook = modules[site].register_forward_hook(patch)
        logits.append(model(ids[row : row + 1, own], use_cache=False).logits[0, -1])
        if site is not None:
            hook.remove()
    return torch.stack(logits)


def test_untouched_logits_are_the_models(model, batch):
    found = CachedPass(model, *batch).logits
    torch.testing.assert_close(found[:, 0], plainly(model, *batch), atol=1e-5, rtol=1e-5)


def test_the_prediction_behind_any_token_is_that_of_the_prompt_that_ends_there(model, batch):
    ids, mask = batch
    read = torch.tensor([[1, 6], [2, 3], [0, 4]])
    found = CachedPass(model, ids, mask, read).logits
    for column in range(2):
        ends_there = torch.arange(7)[None] <= read[:, column, None]
        torch.testing.assert_close(found[:, column], plainly(model, ids, ends_there), atol=1e-5, rtol=1e-5)


def test_identity_is_exact_at_every_site(model, batch):
    cached = CachedPass(model, *batch)
    assert cached.sites == ("embed", "block.1", "block.2", "block.3", "final_norm")
    for site in cached.sites:
        assert torch.equal(cached.from_site(site, cached.states[site].clone()), cached.logits), site


def test_a_patch_is_the_whole_model_patched(model, batch):
    cached = CachedPass(model, *batch)
    for site in cached.sites:
        torch.manual_seed(2)
        states = cached.states[site] + torch.randn_like(cached.states[site])
        found, expected = cached.from_site(site, states), plainly(model, *batch, site, states)
        assert not torch.allclose(found, cached.logits, atol=1e-3), site
        torch.testing.assert_close(found[:, 0], expected, atol=1e-5, rtol=1e-5, msg=site)


def test_what_lies_before_the_site_is_not_run(model, batch):
    cached = CachedPass(model, *batch)
    blocks = find_blocks(model).blocks
    ran = []
    inner = [
        next(
            module
            for module in block.modules()
            if isinstance(module, torch.nn.LayerNorm) or "Norm" in type(module).__name__
        )
        for block in blocks
    ]
    hooks = [norm.register_forward_hook(lambda *_, i=i: ran.append(i)) for i, norm in enumerate(inner, 1)]
    cached.from_site("block.2", cached.states["block.2"])
    for hook in hooks:
        hook.remove()
    assert ran == [3]


def test_the_model_is_left_as_it_came(model, batch):
    cached = CachedPass(model, *batch)
    cached.from_site("block.2", cached.states["block.2"])
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert "forward" not in module.__dict__
