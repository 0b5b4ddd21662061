"""Corpora that several tests look at."""

from __future__ import annotations

import pytest

from nucleate.corpus.corpus import Corpus
from nucleate.corpus.settings import CorpusSettings


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus.build(CorpusSettings(), seed=1)


@pytest.fixture(scope="session")
def corpus_with_unseen_dialects() -> Corpus:
    return Corpus.build(CorpusSettings(n_tasks=6, unseen_dialect=True), seed=1)
