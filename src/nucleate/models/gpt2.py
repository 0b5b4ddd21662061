"""GPT-2 from settings.

This module hides how an untrained model is made reproducibly. No model code of our own.
"""

from __future__ import annotations

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from nucleate.models.settings import ModelSettings


def build_model(settings: ModelSettings, *, vocab_size: int, n_positions: int, seed: int) -> GPT2LMHeadModel:
    """An untrained GPT-2 in float32 on the CPU: a pure function of the arguments."""
    config = GPT2Config(
        **settings.model_dump(exclude={"start"}),
        vocab_size=vocab_size,
        n_positions=n_positions,
        activation_function="gelu_pytorch_tanh",  # GPT-2's own function in one kernel, not a chain of eight
        bos_token_id=None,
        eos_token_id=None,
        use_cache=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GPT2LMHeadModel(config)
