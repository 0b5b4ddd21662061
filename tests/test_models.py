import json

import pytest
import torch
from pydantic import ValidationError
from transformers import (
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
)

from nucleate.errors import ModelError
from nucleate.models import (
    ModelSettings,
    build_model,
    find_blocks,
    load_model,
    most_tokens,
    pick_device,
    untrained_like,
    width_of,
)
from tests import small_models

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


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_pickles_are_read_without_running_them(tmp_path):
    model = build()
    model.config.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    loaded = load_model(tmp_path)
    assert torch.equal(loaded.transformer.wpe.weight, model.transformer.wpe.weight)
    torch.save({"transformer.wpe.weight": Evil(str(tmp_path / "owned"))}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="does not load as a causal language model"):
        load_model(tmp_path)
    assert not (tmp_path / "owned").exists()


def test_code_that_comes_with_a_model_is_not_run(tmp_path):
    build().save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    with pytest.raises(ModelError, match="does not load as a causal language model"):
        load_model(tmp_path)
    assert not (tmp_path / "owned").exists()


def test_a_gguf_file_needs_its_package(tmp_path, monkeypatch):
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelError) as caught:
        load_model(tmp_path / "m.gguf")
    assert caught.value.mend == "pip install 'nucleate[gguf]'"


def test_a_torn_gguf_file_is_named(tmp_path):
    (tmp_path / "m.gguf").write_bytes(b"GGUF" + b"\0" * 20)
    with pytest.raises(ModelError, match=r"m\.gguf does not load"):
        load_model(tmp_path / "m.gguf")


def test_a_final_norm_may_stand_before_the_blocks():
    config = OPTConfig(
        hidden_size=16, num_hidden_layers=3, num_attention_heads=2, ffn_dim=16, vocab_size=9, word_embed_proj_dim=16
    )  # fmt: skip
    model = OPTForCausalLM(config)
    assert find_blocks(model).final_norm is model.model.decoder.final_layer_norm


def test_an_untrained_twin_has_the_shape_and_other_weights():
    model = build().bfloat16()
    twin, again = untrained_like(model, 5), untrained_like(model, 5)
    assert twin.dtype == torch.bfloat16
    assert {n: p.shape for n, p in twin.named_parameters()} == {
        n: p.shape for n, p in model.named_parameters()
    }
    assert not torch.equal(twin.transformer.wte.weight, model.transformer.wte.weight)
    assert torch.equal(twin.transformer.wte.weight, again.transformer.wte.weight)


def test_a_name_for_tables():
    assert SMALL.name == "gpt2-3x16"


def test_width_and_length_by_any_name():
    assert (width_of(build()), most_tokens(build())) == (16, 8)
    assert most_tokens(small_models.KINDS["Mamba"]()) is None
