"""Round trip, determinism across processes, labels, and reading by other programs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import pytest

from nucleate.capture.hidden_states import FACTORS
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.grammars.instances import SCHEMA
from nucleate.corpus.settings import CorpusSettings
from nucleate.errors import CorpusError

SAVE_IN_A_FRESH_PROCESS = """
import sys
from pathlib import Path
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.settings import CorpusSettings
GrammarCorpus.build(CorpusSettings(n_tasks=4), seed=7).save(Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus")
    GrammarCorpus.build(CorpusSettings(n_tasks=4), seed=7).save(path)
    return path


def digests(folder: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("instances.parquet", "tasks.json", "README.md", "tokenizer/tokenizer.json")
    }


def test_same_seed_same_bytes_whatever_the_hash_seed(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAVE_IN_A_FRESH_PROCESS, str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_is_another_corpus(folder: Path) -> None:
    other = GrammarCorpus.build(CorpusSettings(n_tasks=4), seed=8)
    assert not other.table.equals(GrammarCorpus.load(folder).table)


def test_what_is_loaded_is_what_was_saved(folder: Path) -> None:
    built, loaded = GrammarCorpus.build(CorpusSettings(n_tasks=4), seed=7), GrammarCorpus.load(folder)
    assert loaded.table.schema.equals(SCHEMA)
    assert loaded.table.equals(built.table)
    assert (loaded.settings, loaded.seed, loaded.tasks) == (built.settings, built.seed, built.tasks)


def test_tasks_file_says_what_the_contract_promises(folder: Path) -> None:
    document = json.loads((folder / "tasks.json").read_text())
    assert document["input_alone"] == GrammarCorpus.load(folder).input_alone
    task = document["tasks"][0]
    assert len(task["function"]) == 5
    assert all(dialect["regex"] and dialect["language_size"] > 0 for dialect in task["dialects"])


def test_datasets_loads_the_folder(folder: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(folder), split="instances", cache_dir=str(tmp_path))
    for split in sorted(set(loaded["split"])):
        alone = datasets.load_dataset(str(folder), split=split, cache_dir=str(tmp_path))
        assert alone["instance"] == [row["instance"] for row in loaded if row["split"] == split]
    table = GrammarCorpus.load(folder).table
    assert loaded.column_names == table.column_names
    assert loaded["split"][:] == table["split"].to_pylist()
    assert loaded["input_ids"][:] == table["input_ids"].to_pylist()


@pytest.mark.parametrize("damage", ["missing", "torn", "not a corpus"])
def test_a_folder_that_is_no_corpus_is_refused(folder: Path, tmp_path: Path, damage: str) -> None:
    if damage != "missing":
        tasks = (folder / "tasks.json").read_text() if damage == "torn" else "[]"
        (tmp_path / "tasks.json").write_text(tasks)
        (tmp_path / "instances.parquet").write_bytes((folder / "instances.parquet").read_bytes()[:100])
    with pytest.raises(CorpusError, match="does not hold a whole corpus"):
        GrammarCorpus.load(tmp_path)


def test_labels_tell_apart_what_the_words_tell_apart(corpus: GrammarCorpus) -> None:
    labels = corpus.labels()
    assert tuple(labels) == FACTORS
    assert all(
        values.dtype == np.int64 and len(values) == corpus.table.num_rows for values in labels.values()
    )
    words = {"input": "input", "output": "output", "instruction": "instruction"}
    for factor, column in words.items():
        pairs = set(zip(labels[factor].tolist(), corpus.table[column].to_pylist(), strict=True))
        assert len(pairs) == len(set(labels[factor])) == len(corpus.table[column].unique())
    task_inputs = set(zip(labels["task"].tolist(), labels["input"].tolist(), strict=True))
    assert len(task_inputs) == len(set(labels["task_input"])) == 20 * 5


def test_sizes(corpus: GrammarCorpus) -> None:
    assert corpus.n_symbols == 40
    assert corpus.vocab_size == 2 + 40 + 20 + 100
    assert max(map(max, corpus.table["input_ids"].to_pylist())) < corpus.vocab_size


def test_splits_make_up_the_table(corpus: GrammarCorpus) -> None:
    splits = ("train", "validation", "unseen_instruction", "unseen_dialect")
    assert sum(corpus.of_split(split).num_rows for split in splits) == corpus.table.num_rows


def test_impossible_corpus_is_refused() -> None:
    with pytest.raises(CorpusError, match="no expression with"):
        GrammarCorpus.build(CorpusSettings(n_symbols=2, max_length=5, max_attempts=20), seed=0)
