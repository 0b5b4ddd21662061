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


def _bert(**more):
    own = {**_decoder(), "pad_token_id": 0, **more}
    return hf.BertConfig(**{name: value for name, value in own.items() if name[1:] != "os_token_id"})


def _bart(kind):
    both = {"layers": 3, "attention_heads": 2, "ffn_dim": 24}
    sides = {f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in both.items()}
    alone = {"is_decoder": True, "is_encoder_decoder": False}
    return kind(d_model=16, vocab_size=VOCABULARY, max_position_embeddings=64, **sides, **alone)


def _phi3():
    """States depend on the length of the text: other rotary factors from 17 tokens on."""
    scaling = {"short_factor": [1.0] * 4, "long_factor": [4.0] * 4, "original_max_position_embeddings": 16}
    rope = {"rope_type": "longrope", "rope_theta": 10000.0, **scaling}
    return hf.Phi3Config(**_decoder(original_max_position_embeddings=16, rope_parameters=rope))


def _falcon_h1():
    mamba = {"d_ssm": 16, "n_heads": 2, "d_head": 8, "n_groups": 1, "d_state": 4, "chunk_size": 8}
    return hf.FalconH1Config(
        **_decoder(head_dim=8, num_key_value_heads=1, **{f"mamba_{name}": one for name, one in mamba.items()})
    )


def _gemma_that_sees():
    """A tower for images with as many layers as there are for text."""
    text = {
        name: one
        for name, one in vars(_gemma()).items()
        if name in (*_decoder(), "head_dim", "num_key_value_heads")
    }
    vision = {**_decoder(), "image_size": 28, "patch_size": 14}
    tokens = {"image_token_index": 500, "boi_token_index": 501, "eoi_token_index": 502}
    return hf.Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4, **tokens)


def _of(config):
    return lambda: _build(hf.AutoModelForCausalLM.from_config, config())


ODD = {
    "Gemma 2: a soft cap after the head": _of(lambda: hf.Gemma2Config(**_decoder(head_dim=8, num_key_value_heads=1, final_logit_softcapping=0.5))),
    "Cohere: a scale after the head": _of(lambda: hf.CohereConfig(**_decoder(logit_scale=8.0))),
    "BERT decoder: a transform before the head": _of(lambda: _bert(is_decoder=True)),
    "BART: no final norm": _of(lambda: _bart(hf.BartConfig)),
    "mBART: a norm of the embeddings too": _of(lambda: _bart(hf.MBartConfig)),
    "OPT: the head is put on a narrower projection": _of(
        lambda: hf.OPTConfig(**_decoder(ffn_dim=24, word_embed_proj_dim=8))
    ),
    "Falcon-H1: a cache of two kinds": _of(_falcon_h1),
    "Gemma 3: a tower for images": _of(_gemma_that_sees),
    "OpenAI GPT: blocks that give lists": _of(
        lambda: hf.OpenAIGPTConfig(n_embd=16, n_layer=3, n_head=2, vocab_size=VOCABULARY, n_positions=64)
    ),
}  # fmt: skip
"""Causal language models that differ from the others in what comes around their blocks."""

LONG_ROPE = _of(_phi3)
REFUSED = {
    "is not causal": _of(_bert),
    "the blocks that were found": _of(
        lambda: hf.XLMConfig(emb_dim=16, n_layers=3, n_heads=2, vocab_size=VOCABULARY, causal=True, n_langs=1)
    ),
}
"""What no state can be believed of, by what is said of it."""


def small_gpt2(seed=1):
    """Three blocks of width 16, as a run would train them."""
    settings = ModelSettings(n_layer=3, n_head=2, n_embd=16)
    return build_model(settings, vocab_size=11, n_positions=8, seed=seed)
