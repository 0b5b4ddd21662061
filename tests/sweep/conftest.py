"""A sweep that takes seconds: tiny points, of which two and two share a training."""

import pytest

TINY = """
base = "smoke"
seeds = [1, 2]

[set]
"training.precision" = "float32"
"training.steps" = 3
"training.n_evaluation" = 20
"model.n_layer" = 1
"model.n_embd" = 16
"corpus.n_variants" = 6
"scoring.n_examples" = 30
"scoring.n_init_settled" = 2
"scoring.n_resamples" = 2
"scoring.milestones" = 0
"scoring.positions" = ["last_instruction"]
"scoring.factors" = ["task"]

[axes]
"scoring.n_init" = [2, 3]
"""


@pytest.fixture
def sweep_file(tmp_path):
    """Writes a sweep file; `changes` are replacements in `TINY`."""

    def write(*changes, name="tiny.toml"):
        text = TINY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write
