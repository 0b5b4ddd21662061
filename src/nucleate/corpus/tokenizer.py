"""A closed vocabulary as a Hugging Face tokenizer: one token per word, words parted by spaces.

Hidden here: the order of token ids, and how a tokenizer is put together so that `AutoTokenizer` loads
it anywhere. Ids come from a plain dictionary, so that a corpus is built without loading transformers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nucleate.corpus.grammars.expressions import symbol_name
from nucleate.corpus.grammars.tasks import input_name, output_name

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD = "<pad>"
UNKNOWN = "<unk>"


def build_vocabulary(n_symbols: int, n_inputs: int, n_outputs: int) -> dict[str, int]:
    """Token ids: the two special tokens, then instruction symbols, inputs and outputs."""
    words = [
        PAD,
        UNKNOWN,
        *map(symbol_name, range(n_symbols)),
        *map(input_name, range(n_inputs)),
        *map(output_name, range(n_outputs)),
    ]
    return {word: index for index, word in enumerate(words)}


def build_tokenizer(vocabulary: dict[str, int]) -> PreTrainedTokenizerFast:
    """A tokenizer that pads on the right and adds no token of its own."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel(vocabulary, unk_token=UNKNOWN))
    words.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token=PAD,
        unk_token=UNKNOWN,
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )
