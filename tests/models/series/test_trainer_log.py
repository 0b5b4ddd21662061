import json

import pytest

from nucleate.errors import ModelError
from nucleate.models.series.trainer_log import read_trainer_log


def save(folder, step, history):
    folder.mkdir()
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step, "log_history": history}))
    return folder


def test_all_logs_are_one_and_the_later_one_counts(tmp_path):
    early = [{"step": 5, "loss": 3.0, "learning_rate": 0.1, "epoch": 1.0}]
    late = [
        {"step": 5, "loss": 2.5, "learning_rate": 0.1},
        {"step": 10, "loss": 1.0},
        {"step": 10, "eval_loss": 1.5, "eval_accuracy": 0.75, "eval_runtime": 1.0},
        {"step": 10, "train_runtime": 9.0},
    ]
    folders = [save(tmp_path / "checkpoint-10", 10, late), save(tmp_path / "checkpoint-5", 5, early)]
    assert read_trainer_log(folders) == [
        {"step": 5, "loss": 2.5, "learning_rate": 0.1},
        {"step": 10, "loss": 1.0, "evaluation_loss": 1.5, "accuracy": {"validation": 0.75}},
    ]


def test_without_a_trainer_there_is_no_log(tmp_path):
    assert read_trainer_log([tmp_path]) == []


def test_a_file_that_is_none_is_named(tmp_path):
    (tmp_path / "trainer_state.json").write_text("{}")
    with pytest.raises(ModelError, match="no log of transformers' Trainer"):
        read_trainer_log([tmp_path])
