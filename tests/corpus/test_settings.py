"""The keys are flat, the defaults are those of `quick`, and values must hold together."""

from __future__ import annotations

import pytest

from nucleate.corpus.settings import CorpusSettings
from nucleate.errors import ConfigError
from nucleate.settings.config import setting_names


def test_keys_are_flat_and_defaults_are_those_of_quick() -> None:
    values = CorpusSettings().model_dump()
    assert set(setting_names(CorpusSettings)) == set(values)
    quick = {"n_tasks": 20, "n_dialects": 3, "n_variants": 90, "n_inputs": 5, "input_vocabulary": 20}
    assert {key: values[key] for key in quick} == quick


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n_inputs": 21}, r"n_inputs \(21\) is above input_vocabulary \(20\)"),
        ({"min_length": 20}, r"min_length \(20\) is above max_length \(10\)"),
        ({"n_variants": 2}, r"n_variants \(2\) is below n_dialects \(3\)"),
        ({"n_variants": 300, "max_language_size": 100}, r"asks for 110 instructions per dialect"),
        ({"n_inputs": 1}, "leaves no pair to hold out"),
        ({"unseen_dialect": True, "n_dialects": 1}, "leaves no dialect to learn a task from"),
        ({"unseen_dialect": True, "bridge_inputs": 6}, r"bridge_inputs \(6\) is more than n_inputs \(5\)"),
        ({"validation_fraction": 0.9}, "validation_fraction in a test"),
        ({"n_task": 3}, r"unknown setting n_task in a test\. Did you mean n_tasks"),
    ],
)
def test_values_must_hold_together(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CorpusSettings.from_mapping(values, "a test")
