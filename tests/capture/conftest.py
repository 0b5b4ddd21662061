"""Labeled prompts that share beginnings, with answers of several tokens."""

import pytest

from nucleate.corpus.prompts.files.prompt_files import Prompt
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from tests.small_tokenizers import byte_level_bpe

BEGINNINGS = ["The capital of", "Name the internet domain of this country, please:"]
WORDS = ["France", "Japan", "the yen and one more"]


@pytest.fixture(scope="session")
def answered_corpus():
    texts = [(one, f"{one} {word}") for one in BEGINNINGS for word in WORDS]
    spans = [((0, len(one)), (len(one) + 1, len(text))) for one, text in texts]
    prompts = [
        Prompt(text, text, *span, " zebra", "train", {"task": one})
        for (one, text), span in zip(texts, spans, strict=True)
    ]
    return PromptCorpus.build(prompts, byte_level_bpe())
