"""Corpora that were saved: which kind a folder holds is read from the folder."""

from __future__ import annotations

from pathlib import Path

from nucleate.corpus.corpus import Corpus
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.prompts.prompt_corpus import PROMPTS, PromptCorpus


def load_corpus(folder: Path) -> Corpus:
    """Raises CorpusError where the folder does not hold a whole corpus."""
    kind = PromptCorpus if (folder / PROMPTS).exists() else GrammarCorpus
    return kind.load(folder)
