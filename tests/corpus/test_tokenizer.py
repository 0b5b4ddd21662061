"""The tokenizer loads anywhere and gives the ids that the corpus was written with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.tokenizer import build_tokenizer, build_vocabulary

IN_A_FRESH_PROCESS = """
import json, sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
batch = tokenizer(["s00 s02 x01 y003", "s01 nonsense"], padding=True)
print(json.dumps([batch["input_ids"], batch["attention_mask"], tokenizer.pad_token_id, len(tokenizer)]))
"""


def test_vocabulary_is_golden() -> None:
    words = ["<pad>", "<unk>", "s00", "s01", "s02", "x00", "x01", "y000", "y001", "y002", "y003"]
    assert list(build_vocabulary(3, 2, 4).items()) == list(zip(words, range(11), strict=True))


def test_a_fresh_process_gives_the_golden_ids(tmp_path: Path) -> None:
    build_tokenizer(build_vocabulary(3, 2, 4)).save_pretrained(tmp_path)
    command = [sys.executable, "-c", IN_A_FRESH_PROCESS, str(tmp_path)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(result.stdout.splitlines()[-1]) == [
        [[2, 4, 6, 10], [3, 1, 0, 0]],
        [[1, 1, 1, 1], [1, 1, 0, 0]],
        0,
        11,
    ]


def test_tokenizer_gives_the_ids_of_the_corpus(corpus: GrammarCorpus) -> None:
    rows = corpus.table.slice(0, 500).to_pylist()
    texts = [f"{row['instruction']} {row['input']} {row['output']}" for row in rows]
    assert corpus.tokenizer(texts)["input_ids"] == [row["input_ids"] for row in rows]
    assert corpus.tokenizer.decode(rows[0]["input_ids"]) == texts[0]


def test_building_a_corpus_loads_neither_torch_nor_transformers() -> None:
    program = (
        "import sys; from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus; from nucleate.corpus.subset import *;"
        "from nucleate.corpus.settings import CorpusSettings; GrammarCorpus.build(CorpusSettings(n_tasks=2), 0);"
        "print({'torch', 'transformers', 'tokenizers'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == "set()"
