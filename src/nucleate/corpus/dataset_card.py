"""The dataset card that lies beside a corpus.

This module hides the front matter that makes `datasets.load_dataset(folder)` find the instances among the
other files, whole as the split `instances`, and each split by its own name. Those lie in files of their
own, since a split of Hugging Face is files; `split` is a column all the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nucleate.corpus.corpus import INSTANCES
from nucleate.corpus.settings import CorpusSettings
from nucleate.corpus.splits import SPLITS

WHOLE = "instances"
"""What `datasets` calls all of them together."""

CARD = """\
---
pretty_name: nucleate corpus
tags:
- synthetic
- interpretability
configs:
- config_name: default
  data_files:
{files}
---
# A nucleate corpus

{n_tasks} tasks, each a function from input tokens to output tokens, each asked for in {n_dialects}
dialect(s). An instance is the sequence of an instruction, an input and an output; the instruction is
drawn from the regular expression of its dialect, and the languages of all dialects are disjoint. The
corpus was built from seed {seed}. `tasks.json` holds all settings, every function, every expression with
the exact size of its language, and what an input gives away without an instruction.

| split | instances | what it is |
|---|---|---|
{splits}

| column | what it is |
|---|---|
| `instance` | row number |
| `task` | number of the task; never shown to the model |
| `dialect` | number of the dialect, unique over all tasks |
| `instruction_id` | number of the instruction string |
| `instruction` | symbols separated by one space |
| `input`, `output` | one token each |
| `split` | as above |
| `input_ids` | token ids of instruction, input and output, as `tokenizer/` gives them |

```python
from datasets import load_dataset

train = load_dataset("PATH/TO/THIS/FOLDER", split="train")
corpus = load_dataset("PATH/TO/THIS/FOLDER", split="instances")  # all of them; `split` is a column
```
"""

PROMPTS_CARD = """\
---
pretty_name: nucleate prompts
tags:
- interpretability
configs:
- config_name: default
  data_files:
{files}
---
# Labeled prompts

{n_prompts} prompts in the tokens of one model, with the labels that it was never shown.

| split | prompts |
|---|---|
{splits}

| column | what it is |
|---|---|
| `instance`, `id` | row number; the name that its file gave it |
{factors}
| `instruction_id` | number of the instruction, or of the whole prompt where no instruction is told |
| `prompt` | what the model is given before the answer |
| `split` | as above |
| `input_ids` | token ids of the prompt and, where there is one, its answer |
| `prompt_length` | how many of them come before the answer |
| `instruction_start`, `input_start` | first token of each |
| `instruction_end`, `input_end` | the token behind its last |
"""

MEANINGS = {
    "train": "trained on",
    "validation": "held-out pairs of an instruction and an input, each trained with others",
    "unseen_instruction": "instructions never trained on",
    "unseen_dialect": "the last dialect of each task, with inputs that it was never trained with",
}


def write_splits(table: pa.Table, folder: Path) -> None:
    """A file per split, beside the one of all instances."""
    for split, path in _split_files(table).items():
        (folder / path).parent.mkdir(exist_ok=True)
        pq.write_table(table.filter(pc.equal(table["split"], split)), folder / path, compression="zstd")


def _split_files(table: pa.Table) -> dict[str, str]:
    """Of the splits whose names `datasets` takes."""
    names = sorted(table["split"].unique().to_pylist())
    return {
        name: f"splits/{name}.parquet"
        for name in names
        if re.fullmatch(r"\w+", name, re.ASCII) and name not in (WHOLE, "all")
    }


def _front_matter(table: pa.Table) -> str:
    files = {WHOLE: INSTANCES, **_split_files(table)}
    return "\n".join(f"  - split: {split}\n    path: {path}" for split, path in files.items())


def dataset_card(settings: CorpusSettings, seed: int, table: pa.Table) -> str:
    """The card as Markdown with YAML front matter."""
    sizes = {split: pc.sum(pc.equal(table["split"], split)).as_py() for split in SPLITS}
    rows = [f"| `{split}` | {sizes[split]} | {MEANINGS[split]} |" for split in SPLITS if sizes[split]]
    return CARD.format(
        files=_front_matter(table),
        n_tasks=settings.n_tasks,
        n_dialects=settings.n_dialects,
        seed=seed,
        splits="\n".join(rows),
    )


def prompts_card(table: pa.Table, factors: Sequence[str]) -> str:
    """The card of prompts that somebody else wrote."""
    counts = sorted((row["values"], row["counts"]) for row in pc.value_counts(table["split"]).to_pylist())
    named = [name for name in factors if name in table.column_names]
    return PROMPTS_CARD.format(
        files=_front_matter(table),
        n_prompts=table.num_rows,
        splits="\n".join(f"| `{split}` | {count} |" for split, count in counts),
        factors="\n".join(f"| `{name}` | a factor |" for name in named),
    )
