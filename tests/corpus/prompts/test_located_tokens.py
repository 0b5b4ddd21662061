"""The oracle is the text: the tokens of a span, decoded, are the words that it was put on."""

import unicodedata

import numpy as np
import pytest

from nucleate.corpus.prompts.files.prompt_files import Prompt, compose
from nucleate.corpus.prompts.located_tokens import locate
from nucleate.errors import CorpusError
from tests.small_tokenizers import KINDS, byte_level_bpe, unigram, word_piece


@pytest.fixture(scope="module", params=KINDS, ids=str)
def tokenizer(request):
    return KINDS[request.param]()


def prompt(template, instruction, input_, answer=None):
    text, *spans = compose(template, instruction, input_)
    return Prompt("p", text, *spans, answer, "train", {})


def plain(text):
    """What all three kinds of tokenizer keep of a text."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return "".join(bare.split()).replace("##", "")


CASES = [
    ("{instruction} {input}", "The capital of", "France", " Paris"),
    ("{instruction} {input} is", "The capital of", "Österreich", " Wien"),
    ("  {instruction}   {input}", "Translate the word", "café", " déjà"),
    ("{input}: {instruction}?", "what is the currency", "Côte d'Ivoire", None),
    ("Q: {instruction}\n{input}\nA:", "Add", "one and two", "\nthree"),
    ("{instruction}{input}", "The capital of ", "Japan", " yen"),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_tokens_of_a_span_are_its_words(tokenizer, case):
    one = prompt(*case)
    (ids,), spans = locate([one], tokenizer)
    for name, span in (("instruction", spans.instruction), ("input", spans.input)):
        (start, end), words = span[0], one.spoken[name]
        assert plain(tokenizer.decode(ids[start:end])) == plain(words)
    answer = tokenizer.decode(ids[spans.prompt[0] :])
    assert plain(answer) == plain(one.answer or "")
    assert plain(tokenizer.decode(ids[: spans.prompt[0]], skip_special_tokens=True)) == plain(one.text)


@pytest.mark.parametrize(
    "make", [byte_level_bpe, lambda: byte_level_bpe(False, True)], ids=["whole", "trimmed"]
)
@pytest.mark.parametrize("letter", ["🦊", "👩‍👩‍👧", "日本"], ids=["one", "joined", "two"])
def test_letters_of_many_tokens_are_taken_whole(make, letter):
    tokenizer = make()
    one = prompt("{instruction} {input} is", "The capital of", letter, " Wien")
    (ids,), spans = locate([one], tokenizer)
    start, end = spans.input[0]
    assert end - start > 1
    assert tokenizer.decode(ids[start:end]).strip() == letter
    assert tokenizer.decode(ids[: spans.instruction[0, 1]]) == "The capital of"


def test_the_last_token_of_a_prompt_is_no_end_mark():
    tokenizer = word_piece()
    ids, spans = locate(
        [
            prompt("{instruction} {input}", "Add", "one"),
            prompt("{instruction} {input}", "Add", "two", " three"),
        ],
        tokenizer,
    )
    for one, n in zip(ids, spans.prompt, strict=True):
        assert one[0] == tokenizer.cls_token_id
        assert tokenizer.sep_token_id not in one
        assert tokenizer.decode(one[n - 1]).strip("# ") in {"one", "two", "e", "o"}


def test_a_begin_mark_is_kept_and_belongs_to_nothing():
    tokenizer = unigram()
    (ids,), spans = locate([prompt("{instruction} {input}", "The capital of", "France")], tokenizer)
    assert ids[0] == tokenizer.bos_token_id
    assert spans.instruction[0, 0] == 1


def test_an_input_within_the_instruction():
    text = "The capital of France is"
    one = Prompt("p", text, (0, len(text)), (15, 21), " Paris", "train", {})
    for make in KINDS.values():
        tokenizer = make()
        (ids,), spans = locate([one], tokenizer)
        start, end = spans.input[0]
        assert plain(tokenizer.decode(ids[start:end])) == "france"
        assert spans.instruction[0, 0] < start < end < spans.instruction[0, 1] == spans.prompt[0]
        assert spans.before_input == ()


def test_prompts_alone_tell_their_last_token_and_their_mean(tokenizer):
    ids, spans = locate([Prompt("a", "The capital", None, None, None, "train", {})], tokenizer)
    assert spans.positions == ("last", "prompt_mean")
    assert spans.prompt.tolist() == [len(ids[0])]
    np.testing.assert_array_equal(spans.told, [[0, len(ids[0])]])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (prompt("{instruction} {input} is ", "The capital of", "France", "Paris"), "does not part prompt 'p' from its answer"),
        (prompt("{instruction}{input}", "The cap", "ital", None), "joins instruction and input"),
        (Prompt("p", "", None, None, None, "train", {}), "has no token"),
        (Prompt("p", "The \x00", (0, 3), (4, 5), None, "train", {}), "input of prompt 'p' has no token"),
    ],
    ids=["answer", "parts", "nothing", "unknown"],
)  # fmt: skip
def test_what_tokens_cannot_tell_apart_is_said(wrong, message):
    make = word_piece if "input of" in message else byte_level_bpe
    with pytest.raises(CorpusError, match=message):
        locate([wrong], make())


def test_prompts_that_differ_in_what_they_tell_are_refused():
    without = Prompt("q", "The capital", None, None, None, "train", {})
    with pytest.raises(CorpusError, match="'q' does not tell its instruction"):
        locate([prompt("{instruction} {input}", "Add", "one"), without], byte_level_bpe())


def test_a_tokenizer_that_tells_no_offsets_is_refused():
    class Slow:
        is_fast = False

    with pytest.raises(CorpusError, match="Slow does not tell which characters"):
        locate([prompt("{instruction} {input}", "Add", "one")], Slow())
