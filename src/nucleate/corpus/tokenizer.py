"""A closed vocabulary as a Hugging Face tokenizer: one token per word, words parted by spaces.

This module hides the order of token ids, and how a tokenizer is put together so that `AutoTokenizer` loads
it anywhere. Ids come from a plain dictionary, so that a corpus is built without loading transformers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nucleate.corpus.grammars.expressions import symbol_name
from nucleate.corpus.grammars.tasks import input_name, output_name
from nucleate.foreign_files import offline, read_object, regular_files

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

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


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer that a folder holds, by its own files and without code that came with them.

    Raises:
        ForeignFileError: a file is none of the folder's own; and whatever a library raises at a broken one.
    """
    from transformers import AutoTokenizer

    for file in regular_files(folder):
        if file.suffix == ".json" and not file.name.endswith(".index.json"):
            read_object(file)
    with offline():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
