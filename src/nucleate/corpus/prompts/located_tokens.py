"""From characters to tokens: prompts as token ids, and where instruction, input and answer lie in them.

This module hides what tokenizers differ in. Some put tokens of their own around a text, some let a token
begin with the space before a word, some part one letter into several tokens or change it first. All of them
say which characters a token came from, and nothing else is relied on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nucleate.corpus.prompts.files.prompt_files import Prompt, Span
from nucleate.corpus.spans import Spans
from nucleate.errors import CorpusError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class _Tokens(NamedTuple):
    """A text as tokens, those that a tokenizer puts behind it left out; `spans` are of characters."""

    ids: list[int]
    spans: list[Span]


def locate(prompts: Sequence[Prompt], tokenizer: PreTrainedTokenizerBase) -> tuple[list[list[int]], Spans]:
    """Token ids of every prompt with its answer, and the spans in them.

    Raises:
        CorpusError: the tokenizer does not tell where its tokens come from, joins a prompt with its answer or
            an instruction with its input into one token, or has no token for one of them.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise CorpusError(
            f"{type(tokenizer).__name__} does not tell which characters a token came from",
            "Use a model with a fast tokenizer (tokenizer.json beside its weights).",
        )
    texts = _tokens_of([prompt.text for prompt in prompts], tokenizer)
    whole = _tokens_of([prompt.text + (prompt.answer or "") for prompt in prompts], tokenizer)
    for prompt, one, both in zip(prompts, texts, whole, strict=True):
        _check_answer(prompt, one.ids, both.ids)
    instruction = _spans_of("instruction", prompts, texts)
    input_ = _spans_of("input", prompts, texts)
    if instruction is not None and input_ is not None:
        _check_apart(prompts, instruction, input_)
    lengths = np.array([len(one.ids) for one in texts], dtype=np.int64)
    return [both.ids for both in whole], Spans(instruction, input_, lengths)


def _tokens_of(texts: list[str], tokenizer: PreTrainedTokenizerBase) -> list[_Tokens]:
    encoded = tokenizer(
        texts,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        padding=False,
        truncation=False,
        verbose=False,
    )
    rows = zip(encoded["input_ids"], encoded["offset_mapping"], encoded["special_tokens_mask"], strict=True)
    return [_without_end(ids, offsets, added) for ids, offsets, added in rows]


def _without_end(ids: list[int], offsets: list[Span], added: list[int]) -> _Tokens:
    """An end mark would stand between prompt and answer; a begin mark is what the model expects."""
    n = len(ids)
    while n and added[n - 1]:
        n -= 1
    return _Tokens(
        ids[:n], [(0, 0) if mark else span for span, mark in zip(offsets[:n], added, strict=False)]
    )


def _check_answer(prompt: Prompt, text: list[int], whole: list[int]) -> None:
    if not text:
        raise CorpusError(
            f"prompt {prompt.id!r} has no token", "Write a text that the model's tokenizer knows."
        )
    if whole[: len(text)] != text or (prompt.answer is not None and len(whole) == len(text)):
        raise CorpusError(
            f"the tokenizer does not part prompt {prompt.id!r} from its answer {prompt.answer!r}",
            "Let the prompt end without white space and the answer begin with it; see prompts.delimiter.",
        )


def _spans_of(name: str, prompts: Sequence[Prompt], texts: list[_Tokens]) -> np.ndarray | None:
    """The span of tokens of every prompt's instruction or input; None where no prompt tells."""
    given = [getattr(prompt, name) for prompt in prompts]
    if not any(given):
        return None
    found = np.zeros((len(prompts), 2), dtype=np.int64)
    for row, (prompt, span, tokens) in enumerate(zip(prompts, given, texts, strict=True)):
        if span is None:
            raise CorpusError(
                f"prompt {prompt.id!r} does not tell its {name}, others do", "Tell it of all or of none."
            )
        start, end = _stripped(prompt.text, span)
        within = [i for i, (a, b) in enumerate(tokens.spans) if a < end and start < b]
        if not within:
            raise CorpusError(
                f"the {name} of prompt {prompt.id!r} has no token",
                "Write it in characters that the model's tokenizer knows.",
            )
        found[row] = within[0], within[-1] + 1
    return found


def _stripped(text: str, span: Span) -> Span:
    """Without white space at its ends, which may belong to the neighbor's token."""
    start, end = span
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))


def _check_apart(prompts: Sequence[Prompt], instruction: np.ndarray, input_: np.ndarray) -> None:
    """Where the one does not lie within the other, no token may belong to both."""
    for prompt, one, other in zip(prompts, instruction.tolist(), input_.tolist(), strict=True):
        assert prompt.instruction and prompt.input
        overlap = min(one[1], other[1]) > max(one[0], other[0])
        meant = min(prompt.instruction[1], prompt.input[1]) > max(prompt.instruction[0], prompt.input[0])
        if overlap and not meant:
            raise CorpusError(
                f"the tokenizer joins instruction and input of prompt {prompt.id!r} in one token",
                "Put white space between the two.",
            )
