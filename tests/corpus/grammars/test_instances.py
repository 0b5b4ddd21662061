"""Counts are exact, numbers are gapless, and streams of chance do not disturb each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.grammars.instances import draw_variant_counts
from nucleate.corpus.settings import CorpusSettings
from nucleate.errors import ConfigError
from nucleate.resampling.named_seeds import stream


@pytest.mark.parametrize(("n_tasks", "n_dialects", "n_variants"), [(20, 3, 90), (7, 3, 3), (50, 1, 152)])
def test_variant_counts_add_up(n_tasks: int, n_dialects: int, n_variants: int) -> None:
    settings = CorpusSettings(n_tasks=n_tasks, n_dialects=n_dialects, n_variants=n_variants)
    counts = draw_variant_counts(settings, np.random.default_rng(0))
    assert counts.sum() == n_tasks * n_variants
    assert counts.min() >= 1
    assert len(counts) == n_tasks * n_dialects


def test_variant_counts_spread_as_asked() -> None:
    even = draw_variant_counts(CorpusSettings(variant_spread=0), np.random.default_rng(0))
    assert set(even) == {30}
    spread = draw_variant_counts(CorpusSettings(), np.random.default_rng(0))
    assert 30 * 0.75 < spread.min() < 27 < 33 < spread.max() < 30 * 1.25


def test_instances_are_what_their_labels_say(corpus: GrammarCorpus) -> None:
    for row in corpus.table.to_pylist():
        assert row["output"] == corpus.tasks[row["task"]].function[row["input"]]
        assert row["dialect"] // 3 == row["task"]
    assert corpus.table["instance"].to_pylist() == list(range(corpus.table.num_rows))


def test_instruction_ids_are_gapless_and_one_to_one(corpus: GrammarCorpus) -> None:
    pairs = {(row["instruction_id"], row["instruction"]) for row in corpus.table.to_pylist()}
    assert sorted(number for number, _ in pairs) == list(range(len(pairs)))
    assert len({instruction for _, instruction in pairs}) == len(pairs)


def test_number_of_trained_instructions_is_exact(corpus: GrammarCorpus) -> None:
    assert len(corpus.of_split("train")["instruction_id"].unique()) == 20 * 90


def test_streams_of_different_names_differ_and_are_repeatable() -> None:
    names = [("tasks",), ("splits", 1), ("splits", 11), ("splits", 2)]
    draws = [tuple(stream(7, *name).integers(2**62, size=2)) for name in names]
    assert all(one != other for one, other in itertools.combinations(draws, 2))
    assert draws[0] == tuple(stream(7, "tasks").integers(2**62, size=2))


@pytest.mark.parametrize("change", [{"validation_fraction": 0.3}, {"unseen_dialect": True}])
def test_other_splits_leave_the_language_as_it_was(corpus: GrammarCorpus, change: dict[str, object]) -> None:
    other = GrammarCorpus.build(CorpusSettings.from_mapping(change, "a test"), seed=1)
    assert [task.function for task in other.tasks] == [task.function for task in corpus.tasks]
    assert other.table["instruction"].unique().equals(corpus.table["instruction"].unique())


def test_memorized_instructions_have_tasks_that_no_wording_tells(corpus: GrammarCorpus) -> None:
    settings = corpus.settings.model_copy(update={"memorize": True})
    memorized = GrammarCorpus.build(settings, corpus.seed)
    once = memorized.table.to_pandas().drop_duplicates("instruction_id")
    usual = corpus.table.to_pandas().drop_duplicates("instruction_id")
    assert once["instruction"].tolist() == usual["instruction"].tolist()
    assert sorted(once["task"]) == sorted(usual["task"])
    counts = np.array(once.groupby("dialect")["task"].value_counts().unstack(fill_value=0))
    assert scipy.stats.chi2_contingency(counts).pvalue > 0.001
    for row in memorized.table.to_pylist():
        assert row["output"] == memorized.tasks[row["task"]].function[row["input"]]


def test_what_is_memorized_has_no_unseen_dialect() -> None:
    with pytest.raises(ConfigError, match="no dialect belongs to a task"):
        CorpusSettings.from_mapping({"memorize": True, "unseen_dialect": True}, "test")
