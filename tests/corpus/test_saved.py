import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.saved import load_corpus
from nucleate.errors import CorpusError


def test_the_kind_is_read_from_the_folder(corpus, tmp_path):
    corpus.save(tmp_path)
    loaded = load_corpus(tmp_path)
    assert isinstance(loaded, GrammarCorpus)
    assert loaded.table.equals(corpus.table)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="does not hold a whole corpus"):
        load_corpus(tmp_path)
