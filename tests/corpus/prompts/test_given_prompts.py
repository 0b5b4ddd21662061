import datetime
import decimal
import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from nucleate.corpus.prompts.files.prompt_files import read_prompts
from nucleate.corpus.prompts.given_prompts import given_prompts, prompts_file
from nucleate.errors import CorpusError
from nucleate.run_folder.folder import RunFolder

ROWS = [
    {"prompt": "The capital of Japan is", "answer": "Tokyo", "task": "capital", "level": 1},
    {"prompt": "Der Yen gehört zu", "task": "currency", "level": 2},
]


def test_rows_of_every_kind_are_the_same_prompts(tmp_path):
    datasets = pytest.importorskip("datasets")
    frame = pd.DataFrame(ROWS)
    assert frame["level"].dtype == np.int64
    kinds = {"rows": ROWS, "frame": frame, "dataset": datasets.Dataset.from_list(ROWS)}
    read = {name: read_prompts(prompts_file(given, tmp_path / name)) for name, given in kinds.items()}
    assert read["rows"] == read["frame"] == read["dataset"]
    assert [prompt.answer for prompt in read["rows"]] == [" Tokyo", None]
    assert [dict(prompt.labels)["level"] for prompt in read["rows"]] == ["1", "2"]
    assert (tmp_path / "rows-prompts.jsonl").is_file()


def test_a_path_is_left_as_it_is(tmp_path):
    assert prompts_file("a/b.csv", tmp_path) == prompts_file(tmp_path / "a/b.csv", tmp_path).relative_to(
        tmp_path
    )


@pytest.mark.parametrize("wrong", [3, [], ["a prompt"], {"prompt": "a"}])
def test_what_is_no_rows_is_refused(wrong, tmp_path):
    with pytest.raises(CorpusError, match="not rows of fields"):
        prompts_file(wrong, tmp_path / "out")


def test_dates_and_decimals_are_text_as_they_print(tmp_path):
    day = datetime.date(2020, 2, 29)
    kinds = [
        day,
        pd.Timestamp(day),
        decimal.Decimal("1.50"),
        np.datetime64(day),
        np.datetime64(day, "ns"),
        np.int8(3),
    ]
    rows = [{"prompt": "a", "kind": kind} for kind in kinds]
    written = prompts_file(rows, tmp_path / "rows").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in written] == [
        "2020-02-29", "2020-02-29 00:00:00", "1.50", "2020-02-29", "2020-02-29T00:00:00.000000000", 3,
    ]  # fmt: skip
    frame = pd.DataFrame({"prompt": ["a", "b"], "day": pd.to_datetime(["2020-02-29", None])})
    written = prompts_file(frame, tmp_path / "frame").read_text().splitlines()
    assert [json.loads(line).get("day") for line in written] == ["2020-02-29 00:00:00", None]


def test_what_is_missing_is_left_out(tmp_path):
    frame = pd.DataFrame(
        {"prompt": ["a", "b"], "n": pd.array([1, None], dtype="Int64"), "s": pd.array(["x", None], "string")}
    )
    written = prompts_file(frame, tmp_path / "frame").read_text().splitlines()
    assert list(map(json.loads, written)) == [{"prompt": "a", "n": 1, "s": "x"}, {"prompt": "b"}]
    rows = [
        {"prompt": "a", "x": nothing}
        for nothing in (None, np.nan, pd.NaT, np.float32("nan"), np.datetime64("NaT"))
    ]
    assert set(prompts_file(rows, tmp_path / "rows").read_text().splitlines()) == {'{"prompt": "a"}'}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({1, 2}, "kind has the type set"),
        (np.arange(3), "kind has the type ndarray"),
        (b"a", "kind has the type bytes"),
        (1j, "kind has the type complex"),
        ([pd.Timestamp(0)], "kind has the type list"),
        ("\ud800", "kind holds half of a surrogate pair"),
    ],
)
def test_a_field_that_is_neither_text_nor_a_number_is_named_with_its_place(value, what, tmp_path):
    with pytest.raises(CorpusError, match=rf"prompts\[1\]: {what}"):
        prompts_file([{"prompt": "a"}, {"prompt": "b", "kind": value}], tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", [ROWS, "everyday"])
def test_a_file_of_that_name_with_anything_else_is_never_replaced(given, tmp_path):
    own = tmp_path / "precious-prompts.jsonl"
    own.write_text("precious")
    with pytest.raises(CorpusError, match=r"precious-prompts.jsonl is there with other prompts"):
        prompts_file(given, tmp_path / "precious")
    assert own.read_text() == "precious"
    assert not given_prompts(ROWS, tmp_path / "other").path.exists(), "nothing is written by looking"


def test_of_an_analysis_that_is_refused_no_file_stays_and_of_one_that_has_begun_it_does(tmp_path):
    given = given_prompts(ROWS, tmp_path / "out")
    with pytest.raises(ZeroDivisionError), given.written() as file:
        assert file.is_file()
        _ = 1 / 0
    assert not list(tmp_path.iterdir())
    with pytest.raises(ZeroDivisionError), given.written() as file:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        RunFolder.create(tmp_path / "out", f'[prompts]\nsha256 = "{digest}"\n')
        _ = 1 / 0
    assert file.is_file()
    with pytest.raises(ZeroDivisionError), given.written() as file:
        _ = 1 / 0
    assert file.is_file(), "it was there before"
