"""Corpora that several tests look at."""

from __future__ import annotations

import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.settings import CorpusSettings


@pytest.fixture(scope="session")
def corpus() -> GrammarCorpus:
    return GrammarCorpus.build(CorpusSettings(), seed=1)


@pytest.fixture(scope="session")
def corpus_with_unseen_dialects() -> GrammarCorpus:
    return GrammarCorpus.build(CorpusSettings(n_tasks=6, unseen_dialect=True), seed=1)
