import numpy as np
import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.settings import CorpusSettings
from nucleate.unseen.baselines import baselines


@pytest.fixture(scope="module")
def corpus():
    settings = CorpusSettings(
        n_tasks=5,
        n_dialects=2,
        n_variants=30,
        n_inputs=4,
        input_vocabulary=4,
        unseen_dialect=True,
        bridge_inputs=2,
    )
    return GrammarCorpus.build(settings, 2)


def of_split(corpus, split):
    return np.flatnonzero(np.array(corpus.table["split"].to_pylist()) == split)


def test_a_table_knows_what_its_dialect_was_trained_on_and_nothing_else(corpus):
    assert baselines(corpus, of_split(corpus, "validation"))["lookup_table"].min() == 1.0
    assert baselines(corpus, of_split(corpus, "unseen_dialect"))["lookup_table"].mean() < 0.4


def test_a_neighbor_is_the_instruction_itself_where_it_was_trained(corpus):
    assert baselines(corpus, of_split(corpus, "train"))["nearest_neighbor"].mean() > 0.95
    assert baselines(corpus, of_split(corpus, "unseen_dialect"))["nearest_neighbor"].mean() < 0.6


def test_chance_is_one_of_the_answers_that_the_input_has(corpus):
    rows = of_split(corpus, "validation")
    for row, value in zip(rows, baselines(corpus, rows)["chance"], strict=True):
        x = corpus.table["input"][int(row)].as_py()
        assert value == 1 / len({task.function[x] for task in corpus.tasks})
