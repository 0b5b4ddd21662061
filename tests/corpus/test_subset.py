"""The sample is balanced, repeatable, and of the splits asked for."""

from __future__ import annotations

from collections import Counter

import numpy as np

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.settings import CorpusSettings
from nucleate.corpus.subset import analysis_subset, centroid_rows


def test_sample_is_balanced_over_the_chosen_tasks(corpus: GrammarCorpus) -> None:
    rows = analysis_subset(corpus, 10, 205, ["train", "validation"], seed=0)
    task, split = corpus.labels()["task"][rows], corpus.table["split"].to_numpy(zero_copy_only=False)[rows]
    assert Counter(split) == {"train": 205, "validation": 205}
    assert set(Counter(task[split == "train"]).values()) == {20, 21}
    assert set(task[split == "train"]) == set(task[split == "validation"])
    assert len(set(rows)) == len(rows)


def test_short_splits_are_taken_whole(corpus: GrammarCorpus) -> None:
    rows = analysis_subset(corpus, 99, 10**6, ["validation"], seed=0)
    assert len(rows) == corpus.of_split("validation").num_rows


def test_sample_depends_on_nothing_but_its_arguments(corpus: GrammarCorpus) -> None:
    both = analysis_subset(corpus, 5, 50, ["train", "validation"], seed=3)
    alone = analysis_subset(corpus, 5, 50, ["validation"], seed=3)
    assert np.array_equal(both[50:], alone)
    assert not np.array_equal(alone, analysis_subset(corpus, 5, 50, ["validation"], seed=4))


def test_a_split_that_is_not_there_gives_no_rows(corpus: GrammarCorpus) -> None:
    assert analysis_subset(corpus, 5, 50, ["unseen_dialect"], seed=0).shape == (0,)
    assert analysis_subset(corpus, 5, 50, [], seed=0).shape == (0,)


def test_no_instruction_comes_more_often_than_asked(corpus: GrammarCorpus) -> None:
    instruction = corpus.labels()["instruction"]
    for most in (1, 2):
        rows = analysis_subset(corpus, 99, 10**6, ["train"], seed=0, per_instruction=most)
        assert max(Counter(instruction[rows]).values()) == most
    everything = analysis_subset(corpus, 99, 10**6, ["train"], seed=0)
    once = analysis_subset(corpus, 99, 10**6, ["train"], seed=0, per_instruction=1)
    assert set(instruction[once]) == set(instruction[everything])


def test_centroids_are_not_taken_from_a_dialect_that_lacks_inputs() -> None:
    settings = CorpusSettings(n_tasks=3, n_dialects=2, n_variants=20, unseen_dialect=True, bridge_inputs=2)
    corpus = GrammarCorpus.build(settings, 1)
    rows = corpus.table.take(centroid_rows(corpus, 100, 1)).to_pydict()
    lacking = {
        dialect.id for task in corpus.tasks for dialect in task.dialects if len(dialect.trained_inputs) < 5
    }
    assert len(lacking) == 3
    assert set(rows["split"]) == {"train"}
    assert set(rows["task"]) == {0, 1, 2}
    assert not set(rows["dialect"]) & lacking


def test_some_instructions_come_whole_and_of_the_others_one_instance(corpus: GrammarCorpus) -> None:
    instruction, task = corpus.labels()["instruction"], corpus.labels()["task"]
    train = np.flatnonzero(corpus.table["split"].to_numpy(zero_copy_only=False) == "train")
    in_split = Counter(instruction[train])
    rows = analysis_subset(corpus, 99, 60, ["train"], seed=0, per_instruction=1, whole_instructions=0.4)
    taken = Counter(instruction[rows])
    whole = [one for one, n in taken.items() if n > 1]
    assert len(rows) == 60
    assert all(taken[one] == in_split[one] for one in whole)
    assert 24 - max(in_split.values()) < sum(taken[one] for one in whole) <= 24
    tasks_of_whole = Counter(task[rows[np.isin(instruction[rows], whole)]])
    assert len(tasks_of_whole) >= min(len(whole), len(corpus.tasks))
