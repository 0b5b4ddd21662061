"""Nothing held out reaches training, and nothing is held out that training says nothing about."""

from __future__ import annotations

import numpy as np
import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.settings import SplitSettings
from nucleate.corpus.splits import LEFT_OUT, draw_bridges, split_dialect


def test_shares_and_places_of_the_splits() -> None:
    trained_inputs = np.array([True, True, False, True])
    splits = split_dialect(30, 5, trained_inputs, 0.1, np.random.default_rng(0))
    assert (splits == "validation").sum() == 9
    assert (splits[:30][:, ~trained_inputs] == "unseen_dialect").all()
    assert (splits[30:][:, trained_inputs] == "unseen_instruction").all()
    assert (splits[30:][:, ~trained_inputs] == LEFT_OUT).all()


@pytest.mark.parametrize("shape", [(1, 5), (2, 2), (2, 5), (30, 2), (40, 5)])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_every_instruction_and_every_input_stays_in_training(
    shape: tuple[int, int], fraction: float, seed: int
) -> None:
    n_instructions, n_inputs = shape
    splits = split_dialect(
        n_instructions, 0, np.ones(n_inputs, dtype=bool), fraction, np.random.default_rng(seed)
    )
    trained = splits == "train"
    assert trained.any(axis=0).all()
    assert trained.any(axis=1).all()
    assert (~trained).sum() <= round(fraction * trained.size)


def test_unseen_instructions_come_on_top() -> None:
    assert SplitSettings().n_unseen_instructions(30) == 3
    assert SplitSettings().n_unseen_instructions(2) == 1
    assert SplitSettings(unseen_instruction_fraction=0).n_unseen_instructions(30) == 0


def test_bridges_keep_their_order() -> None:
    bridges = draw_bridges(["x01", "x04", "x07"], 2, np.random.default_rng(0))
    assert len(set(bridges)) == 2
    assert list(bridges) == sorted(bridges)


@pytest.mark.parametrize("name", ["corpus", "corpus_with_unseen_dialects"])
def test_nothing_held_out_reaches_training(name: str, request: pytest.FixtureRequest) -> None:
    corpus: GrammarCorpus = request.getfixturevalue(name)
    train = corpus.of_split("train").to_pylist()
    pairs = {(row["instruction"], row["input"]) for row in train}
    instructions = {row["instruction"] for row in train}
    dialect_inputs = {(row["dialect"], row["input"]) for row in train}
    held_out = [row for row in corpus.table.to_pylist() if row["split"] != "train"]
    assert not pairs & {(row["instruction"], row["input"]) for row in held_out}
    for row in held_out:
        is_unseen_instruction = row["split"] == "unseen_instruction"
        assert (row["instruction"] in instructions) != is_unseen_instruction
        assert ((row["dialect"], row["input"]) in dialect_inputs) == (row["split"] != "unseen_dialect")


def test_an_instance_is_in_exactly_one_split(corpus_with_unseen_dialects: GrammarCorpus) -> None:
    rows = corpus_with_unseen_dialects.table.to_pylist()
    assert len({(row["instruction"], row["input"]) for row in rows}) == len(rows)
    assert {row["split"] for row in rows} == {"train", "validation", "unseen_instruction", "unseen_dialect"}


def test_only_the_last_dialect_is_unseen(corpus_with_unseen_dialects: GrammarCorpus) -> None:
    unseen = corpus_with_unseen_dialects.of_split("unseen_dialect")
    assert {dialect % 3 for dialect in unseen["dialect"].to_pylist()} == {2}
    for task in corpus_with_unseen_dialects.tasks:
        assert [len(dialect.trained_inputs) for dialect in task.dialects] == [5, 5, 2]
