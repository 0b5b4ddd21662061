import numpy as np
import pandas as pd
import pytest

from nucleate.corpus.prompts.files.prompt_files import read_prompts
from nucleate.corpus.prompts.given_prompts import prompts_file
from nucleate.errors import CorpusError

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
