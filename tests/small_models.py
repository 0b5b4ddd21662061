"""Tiny untrained models of the kinds that `analyze` is tested on."""

import torch
import transformers as hf

from nucleate.models.gpt2 import build_model
from nucleate.models.settings import ModelSettings

VOCABULARY = 512


def _build(kind, config):
    torch.manual_seed(0)
    model = kind(config).eval()
    with torch.no_grad():  # larger than Hugging Face begins with: so that a state depends on what came before
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)
    return model


def _decoder(**more):
    return {
        "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24,
        "vocab_size": VOCABULARY, "max_position_embeddings": 64, "bos_token_id": None, "eos_token_id": None,
        "pad_token_id": None, **more,
    }  # fmt: skip


def _gemma():
    window = {
        "sliding_window": 4,
        "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
    }
    return hf.Gemma3TextConfig(**_decoder(num_key_value_heads=1, head_dim=8, **window))


def _mamba():
    return hf.MambaConfig(
        hidden_size=16, num_hidden_layers=3, vocab_size=VOCABULARY, state_size=4, bos_token_id=None, eos_token_id=None,
        pad_token_id=None,
    )  # fmt: skip


def _gpt2():
    return hf.GPT2Config(
        n_embd=16,
        n_layer=3,
        n_head=2,
        vocab_size=VOCABULARY,
        n_positions=64,
        bos_token_id=None,
        eos_token_id=None,
    )


KINDS = {
    "GPT-2": lambda: _build(hf.GPT2LMHeadModel, _gpt2()),
    "GPT-NeoX": lambda: _build(hf.GPTNeoXForCausalLM, hf.GPTNeoXConfig(**_decoder())),
    "Llama": lambda: _build(hf.LlamaForCausalLM, hf.LlamaConfig(**_decoder(num_key_value_heads=1))),
    "Qwen3": lambda: _build(
        hf.Qwen3ForCausalLM, hf.Qwen3Config(**_decoder(num_key_value_heads=1, head_dim=8))
    ),
    "Gemma 3": lambda: _build(hf.Gemma3ForCausalLM, _gemma()),
    "OLMo 2": lambda: _build(hf.Olmo2ForCausalLM, hf.Olmo2Config(**_decoder(num_key_value_heads=1))),
    "Mamba": lambda: _build(hf.MambaForCausalLM, _mamba()),
}


def small_gpt2(seed=1):
    """Three blocks of width 16, as a run would train them."""
    settings = ModelSettings(n_layer=3, n_head=2, n_embd=16)
    return build_model(settings, vocab_size=11, n_positions=8, seed=seed)
