"""The card counts what there is and leaves out what there is not."""

from __future__ import annotations

from nucleate.corpus.dataset_card import MEANINGS, dataset_card
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.splits import SPLITS


def test_card_lists_the_splits_that_there_are(corpus: GrammarCorpus) -> None:
    card = dataset_card(corpus.settings, corpus.seed, corpus.table)
    assert f"| `train` | {corpus.of_split('train').num_rows} |" in card
    assert "| `unseen_dialect` |" not in card


def test_every_split_has_a_meaning() -> None:
    assert tuple(MEANINGS) == SPLITS
