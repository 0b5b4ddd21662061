"""A byte-level BPE for natural-language prompts, trained on those that a model is to be trained on.

This module hides how a tokenizer is put together that loads with `AutoTokenizer`, spells any text, and
whose tokens never cross from an instruction into the input behind it: words begin at their space.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nucleate.corpus.tokenizer import PAD

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def train_byte_pairs(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `vocab_size` tokens, 256 bytes and the padding among them; pads on the right."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    byte_pairs = Tokenizer(models.BPE())
    byte_pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_pairs.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=[PAD], initial_alphabet=alphabet, show_progress=False
    )
    byte_pairs.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=byte_pairs,
        pad_token=PAD,
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )
