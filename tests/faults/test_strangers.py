"""A short draw of what `tests/faults/strangers.py` tries at length."""

import pytest

from tests.faults.strangers import (
    models_run_and_reach_nothing,
    numbers_stay_sane,
    pages_are_inert,
    tables_are_named_where_they_are_wrong,
)


@pytest.mark.slow
def test_a_strangers_model_runs_nothing_and_reaches_nothing(tmp_path):
    outcome = models_run_and_reach_nothing(tmp_path, every=9)
    assert outcome.wrong == []
    assert sum(outcome.tried.values()) > 25


def test_tables_are_named_where_they_are_wrong(tmp_path):
    assert tables_are_named_where_they_are_wrong(tmp_path, trials=200, seed=1).wrong == []


def test_numbers_stay_sane():
    assert numbers_stay_sane().wrong == []


@pytest.mark.slow
def test_a_page_from_a_strangers_labels_is_inert(tmp_path):
    assert pages_are_inert(tmp_path).wrong == []
