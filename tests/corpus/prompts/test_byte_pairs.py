"""Any text comes back, tokens keep to words, and training is a function of the texts."""

from __future__ import annotations

import pytest
from transformers import AutoTokenizer

from nucleate.corpus.prompts.byte_pairs import train_byte_pairs
from nucleate.corpus.prompts.facts import draw_prompts
from nucleate.corpus.prompts.settings import FactSettings

PROMPTS = draw_prompts(FactSettings(), seed=1)[::7]
TEXTS = [one.text + (one.answer or "") for one in PROMPTS if one.split == "train"]


@pytest.fixture(scope="module")
def tokenizer():
    return train_byte_pairs(TEXTS, 1500)


@pytest.mark.parametrize("text", ["What is the capital of Peru?", "Köln, 東京 🙂", " +86", ""])
def test_any_text_comes_back(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_an_instruction_has_its_own_tokens_whatever_input_follows(tokenizer):
    for one in PROMPTS[::50]:
        alone = tokenizer(one.spoken["instruction"])["input_ids"]
        assert tokenizer(one.text + one.answer)["input_ids"][: len(alone)] == alone


def test_it_is_a_function_of_the_texts_and_loads_again(tokenizer, tmp_path):
    assert train_byte_pairs(TEXTS, 1500).get_vocab() == tokenizer.get_vocab()
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again(TEXTS[:9])["input_ids"] == tokenizer(TEXTS[:9])["input_ids"]
    assert len(again) <= 1500
    assert again.padding_side == "right"
