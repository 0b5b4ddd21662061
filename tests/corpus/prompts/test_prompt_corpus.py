import json

import datasets
import numpy as np
import pytest

from nucleate.corpus.prompts.files.prompt_files import Prompt, read_prompts
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.corpus.saved import load_corpus
from nucleate.corpus.subset import analysis_subset, centroid_rows
from nucleate.errors import CorpusError
from tests.small_tokenizers import byte_level_bpe

ANSWERS = {"capital": {"France": "Paris", "Japan": "Tokyo"}, "currency": {"France": "euro", "Japan": "yen"}}
ASKED = {
    "capital": ["The capital of", "Name the capital of"],
    "currency": ["The currency of", "What is paid in"],
}


@pytest.fixture(scope="module")
def prompts(tmp_path_factory):
    path = tmp_path_factory.mktemp("prompts") / "p.jsonl"
    with path.open("w") as file:
        for task, instructions in ASKED.items():
            for dialect, instruction in enumerate(instructions):
                for country, answer in ANSWERS[task].items():
                    line = {
                        "instruction": instruction,
                        "input": country,
                        "answer": answer,
                        "task": task,
                        "dialect": dialect,
                    }
                    file.write(json.dumps(line) + "\n")
    return read_prompts(path)


@pytest.fixture(scope="module")
def corpus(prompts):
    return PromptCorpus.build(prompts, byte_level_bpe())


def test_every_label_is_a_factor_and_words_are_too(corpus):
    assert corpus.factors == ("task", "dialect", "instruction", "input", "output", "task_input")
    labels = corpus.labels()
    assert list(labels) == list(corpus.factors)
    assert {name: len(np.unique(codes)) for name, codes in labels.items()} == {
        "task": 2, "dialect": 2, "instruction": 4, "input": 2, "output": 4, "task_input": 4,
    }  # fmt: skip
    for name in ("task", "dialect", "instruction", "input", "output"):
        words = corpus.table[name].to_pylist()
        pairs = set(zip(words, labels[name].tolist(), strict=True))
        assert len(pairs) == len(set(words)) == labels[name].max() + 1


def test_codes_follow_the_words_and_not_the_order_of_the_file(corpus, prompts):
    turned = PromptCorpus.build(prompts[::-1], corpus.tokenizer)
    for name, codes in corpus.labels().items():
        np.testing.assert_array_equal(turned.labels()[name][::-1], codes)


def test_saved_and_loaded_is_the_same(corpus, tmp_path):
    corpus.save(tmp_path)
    loaded = load_corpus(tmp_path)
    assert isinstance(loaded, PromptCorpus)
    assert loaded.table.equals(corpus.table)
    assert loaded.task == "task"
    assert loaded.tokenizer("The capital")["input_ids"] == corpus.tokenizer("The capital")["input_ids"]
    read = datasets.load_dataset(str(tmp_path), split="instances", cache_dir=str(tmp_path / "cache"))
    assert read["prompt"][:] == corpus.table["prompt"].to_pylist()


def test_a_torn_folder_is_named(corpus, tmp_path):
    corpus.save(tmp_path)
    (tmp_path / "instances.parquet").unlink()
    with pytest.raises(CorpusError, match="does not hold a whole corpus"):
        load_corpus(tmp_path)


def test_lengths_are_of_tokens(corpus):
    table = corpus.table
    for ids, shared, answer, prompt, words in zip(
        table["input_ids"].to_pylist(), corpus.shared_lengths(table), corpus.answer_lengths(table),
        table["prompt"].to_pylist(), table["output"].to_pylist(), strict=True,
    ):  # fmt: skip
        assert corpus.tokenizer.decode(ids[: len(ids) - answer]) == prompt
        assert corpus.tokenizer.decode(ids[len(ids) - answer :]) == f" {words}"
        assert corpus.tokenizer.decode(ids[:shared]) == prompt.rpartition(" ")[0]


def test_bags_are_of_the_instructions_tokens(corpus):
    bags, table = corpus.token_bags(corpus.table), corpus.table
    assert len(np.unique(bags, axis=0)) == 4
    spans = corpus.spans(table).instruction
    np.testing.assert_array_equal(bags.sum(1), spans[:, 1] - spans[:, 0])


def test_samples_are_drawn_as_of_any_corpus(corpus):
    rows = analysis_subset(corpus, 2, 6, ("train",), 1)
    assert np.bincount(corpus.labels()["task"][rows]).tolist() == [3, 3]
    assert len(analysis_subset(corpus, 2, 8, ("train",), 1, per_instruction=1)) == 4
    assert len(centroid_rows(corpus, 100, 1)) == 8


def bare(text, **labels):
    return Prompt(text, text, None, None, None, "train", labels)


def test_the_first_label_is_the_task_where_none_is_called_so():
    made = PromptCorpus.build(
        [bare("a", topic="x", tone="y"), bare("b", topic="z", tone="y")], byte_level_bpe()
    )
    assert (made.task, made.factors, made.n_tasks) == ("topic", ("topic", "tone"), 2)
    assert made.labels()["task"].tolist() == made.labels()["topic"].tolist() == [0, 1]
    assert PromptCorpus.build([bare("a", topic="x", tone="y")], byte_level_bpe(), "tone").task == "tone"


@pytest.mark.parametrize(
    ("labels", "task", "message"),
    [({}, None, "no label at all"), ({"a": "1"}, "b", "has the factor 'b'"), ({"task": "1", "b": "2"}, "b", "`task`, and 'b'")],
)  # fmt: skip
def test_what_cannot_be_the_task_is_refused(labels, task, message):
    with pytest.raises(CorpusError, match=message):
        PromptCorpus.build([bare("a", **labels)], byte_level_bpe(), task)


def test_people_read_words_and_no_token_ids(corpus):
    assert set(corpus.readable.column_names) == {
        "instance", "id", "task", "dialect", "instruction", "input", "output", "instruction_id", "prompt", "split",
    }  # fmt: skip
    assert corpus.text_of(corpus.tokenizer(" Paris")["input_ids"][0]).startswith(" ")
    assert corpus.text_of(10**6) == "<1000000>"
