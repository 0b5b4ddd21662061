import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.corpus.prompts.files.prompt_files import OWN_FIELDS, TAKEN, Prompt, compose, read_prompts
from nucleate.corpus.prompts.files.prompt_lines import how_read
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.errors import CorpusError
from nucleate.scores import SCHEMA
from tests.small_tokenizers import byte_level_bpe


def jsonl(tmp_path, *lines, name="p.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def test_a_prompt_with_labels_and_nothing_else(tmp_path):
    (prompt,) = read_prompts(
        jsonl(tmp_path, {"prompt": "Two and two is", "task": "sum", "level": 3, "fun": True})
    )
    assert prompt == Prompt(
        "1", "Two and two is", None, None, None, "train", {"task": "sum", "level": "3", "fun": "true"}
    )


def test_parts_go_into_the_template_of_the_line_or_the_one_given(tmp_path):
    parts = {
        "instruction": "Capital of",
        "input": "Österreich",
        "answer": "Wien",
        "split": "validation",
        "id": "a",
    }
    path = jsonl(tmp_path, parts, {**parts, "id": "b", "template": "{input}: {instruction}?"})
    plain, own = read_prompts(path)
    assert (plain.text, plain.answer, plain.split, plain.id) == (
        "Capital of Österreich",
        " Wien",
        "validation",
        "a",
    )
    assert own.text == "Österreich: Capital of?"
    for prompt in (plain, own):
        assert prompt.spoken == {"instruction": "Capital of", "input": "Österreich", "output": "Wien"}
    (given_template, _) = read_prompts(path, template="Q: {instruction} {input} A:")
    assert given_template.text == "Q: Capital of Österreich A:"


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_a_label_may_not_take_the_name_of_a_column_of_ours(tmp_path, ending):
    for name in sorted(set(TAKEN) - set(OWN_FIELDS)):
        lines = [{"prompt": "a", "task": "t"}, {"prompt": "b", "task": "t", name: "x"}]
        if ending == "csv":
            lines = [f"prompt,task,{name}", "b,t,x"]
        with pytest.raises(CorpusError) as caught:
            read_prompts(jsonl(tmp_path, *lines, name=f"p.{ending}"))
        assert f"p.{ending}:2: {name}: is the name of a column of ours" in caught.value.what
        assert "prompt_length" in caught.value.mend


def test_every_column_of_our_tables_is_taken(tmp_path):
    parts = {"instruction": "Capital of", "input": "France", "answer": "Paris", "task": "capital"}
    corpus = PromptCorpus.build(read_prompts(jsonl(tmp_path, parts)), byte_level_bpe())
    own = {*TAKEN, *OWN_FIELDS, "output"}  # the words of the answer, where no label is called so
    assert set(corpus.table.column_names) - own == {"task"}
    assert set(SCHEMA.names) <= own


def test_with_all_three_the_parts_are_found_inside_the_prompt(tmp_path):
    line = {
        "prompt": "The capital of France is",
        "instruction": "The capital of France is",
        "input": "France",
    }
    (prompt,) = read_prompts(jsonl(tmp_path, line))
    assert (prompt.instruction, prompt.input) == ((0, 24), (15, 21))


@pytest.mark.parametrize(
    ("text", "answer", "delimiter", "expected"),
    [
        ("a", "b", " ", " b"),
        ("a ", "b", " ", "b"),
        ("a", "\nb", " ", "\nb"),
        ("法国的首都是", "巴黎", "", "巴黎"),
    ],
)
def test_what_stands_between_prompt_and_answer(tmp_path, text, answer, delimiter, expected):
    (prompt,) = read_prompts(jsonl(tmp_path, {"prompt": text, "answer": answer}), delimiter=delimiter)
    assert prompt.answer == expected


def test_csv_and_jsonl_say_the_same(tmp_path):
    (tmp_path / "p.csv").write_bytes(
        '\ufeffprompt,task,answer,split\r\n"Say ""hi"",\r\nple\u2028ase",greet,hi,\r\nAdd 1,sum,,test\r\n'.encode()
    )
    one = read_prompts(tmp_path / "p.csv")
    other = read_prompts(
        jsonl(
            tmp_path,
            {"id": "2", "prompt": 'Say "hi",\r\nple\u2028ase', "task": "greet", "answer": "hi"},
            "",
            {"id": "4", "prompt": "Add 1", "task": "sum", "split": "test"},
        )
    )
    assert one == other


LINE = {"prompt": "x y", "task": "t"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([LINE, "{"], ":2: line: is not JSON"),
        ([LINE, "[1]"], ":2: line: is a list, not an object"),
        (["[" * 100_000], ":1: line: is not JSON"),
        (['{"prompt": "x", "task": "a", "task": "b"}'], ":1: task: is there twice"),
        ([LINE, "", {"prompt": 3, "task": "t"}], ":3: prompt: is a number, not text"),
        ([{"prompt": " "}], ":1: prompt: is empty"),
        ([{"task": "t"}], ":1: prompt: is missing or empty"),
        ([{"instruction": "i", "task": "t"}], ":1: input: is missing or empty"),
        ([{"instruction": " ", "input": "x"}], ":1: instruction: is missing or empty"),
        ([{"prompt": "x", "task": None}], ":1: task: is null, not a label"),
        ([{"prompt": "x", "task": 0.5}], ":1: task: is a number, not a label"),
        ([{"prompt": "x", "task": ["a"]}], ":1: task: is a list, not a label"),
        ([{"prompt": "x", "task": ""}], ":1: task: is empty"),
        ([{"prompt": "x", "answer": {"a": 1}}], ":1: answer: is an object, not text"),
        (['{"prompt": "\\ud800", "task": "t"}'], ":1: prompt: holds half of a surrogate pair"),
        ([LINE, {"prompt": "x"}], ":2: task: is missing"),
        ([LINE, {**LINE, "more": "m"}], ":2: more: is not in line 1"),
        ([{**LINE, "id": "a"}, {**LINE, "id": "a"}], ":2: id: 'a' is the id of line 1 too"),
        ([{**LINE, "id": "2"}, LINE], ":2: id: '2' is the id of line 1 too"),
        ([{**LINE, "input_ids": "1 2"}], ":1: input_ids: is the name of a column of ours"),
        ([{**LINE, "input": "z"}], ":1: input: is not in the prompt"),
        ([{**LINE, "prompt": "aaa", "input": "aa"}], ":1: input: is in the prompt 2 times"),
        (
            [{"instruction": "i", "input": "x", "template": "{input}"}],
            ":1: template: the template '{input}' must have",
        ),
        ([""], ":1: prompt: the file holds no prompts"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, lines, message):
    path = jsonl(tmp_path, *lines)
    with pytest.raises(CorpusError) as caught:
        read_prompts(path)
    assert caught.value.what.startswith(f"{path}{message}")
    assert caught.value.mend


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", ":1: prompt: the file holds no prompts"),
        (b"prompt,task\n", ":1: prompt: the file holds no prompts"),
        (b"prompt,task\na,b\n\nc\n", ":4: task: 1 columns where line 1 names 2"),
        (b"prompt,task\na,b,c\n", ":2: column 3: 3 columns where line 1 names 2"),
        (b"prompt,prompt\na,b\n", ":1: prompt: is there twice"),
        (b"prompt,\na,b\n", ":1: column 2: has no name"),
        (b'prompt,task\n"a\nb,c', ":2: line: is not CSV"),
        (b"prompt,task\na,b\n\xff,c\n", ":3: encoding: byte 0xff is not UTF-8"),
    ],
)
def test_a_mistake_in_csv_is_told_with_its_place(tmp_path, raw, message):
    path = tmp_path / "p.csv"
    path.write_bytes(raw)
    with pytest.raises(CorpusError) as caught:
        read_prompts(path)
    assert caught.value.what.startswith(f"{path}{message}")


@pytest.mark.parametrize("name", ["p.txt", "missing.jsonl", "."])
def test_what_is_no_file_of_prompts_is_named(tmp_path, name):
    (tmp_path / "p.txt").write_text("hello")
    with pytest.raises(CorpusError, match=r"neither|cannot be read"):
        read_prompts(tmp_path / name)


@pytest.mark.parametrize("name", ["p.parquet", "p.xlsx", "prompts"])
def test_of_a_file_of_bytes_its_ending_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"PAR1\xac\x15")
    with pytest.raises(CorpusError, match=r"ends in neither .jsonl nor .csv"):
        read_prompts(tmp_path / name)


@given(st.text(), st.text(), st.text("ab {}"), st.booleans())
def test_composed_parts_stand_where_the_spans_say(instruction, input_, between, turned):
    parts = ["{instruction}", "{input}"][:: -1 if turned else 1]
    text, at, of_input = compose(between.join(parts), instruction, input_)
    assert (text[slice(*at)], text[slice(*of_input)]) == (instruction, input_)
    assert len(text) == len(instruction) + len(input_) + len(between)


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "")])
def test_tables_are_read_with_the_separator_that_they_have(tmp_path, mark, word):
    rows = [["Prompt ", " task", "answer"], ['"One, two; and\tthree | four"', "sum", "ten"]]
    path = tmp_path / "p.csv"
    path.write_text("\r\n".join(mark.join(row) for row in rows) + "\r\n")
    (prompt,) = read_prompts(path)
    assert (prompt.text, prompt.answer) == ("One, two; and\tthree | four", " ten")
    assert prompt.labels == {"task": "sum"}
    said = " ".join(how_read(path))
    assert word in said and "'Prompt ' as prompt" in said


def test_a_prompt_of_any_length_is_read(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(f"prompt,task\n{'word ' * 50_000},long\n")
    assert len(read_prompts(path)[0].text) == 250_000


def test_where_the_prompt_is_missing_the_fields_that_are_there_are_named(tmp_path):
    with pytest.raises(CorpusError, match="prompt: is missing") as caught:
        read_prompts(jsonl(tmp_path, {"text": "a", "label": "b"}))
    assert "the fields here are: text, label" in caught.value.mend
