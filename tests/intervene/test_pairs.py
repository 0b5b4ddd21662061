import numpy as np
import pytest

from nucleate.errors import NobodyToPairError
from nucleate.intervene.pairs import draw_pairs


def test_partners_share_input_and_length_and_nothing_else(corpus):
    pairs = draw_pairs(corpus, "validation", 50, 3)
    assert len(pairs) == 50
    rows, donors, twins = (
        corpus.table.take(one).to_pydict() for one in (pairs.rows, pairs.donors, pairs.twins)
    )
    for one in (donors, twins):
        assert one["input"] == rows["input"]
        assert list(map(len, one["input_ids"])) == list(map(len, rows["input_ids"]))
        assert set(one["split"]) == {"train"}
    assert set(rows["split"]) == {"validation"}
    assert all(a != b for a, b in zip(donors["output"], rows["output"], strict=True))
    assert all(a != b for a, b in zip(twins["instruction_id"], rows["instruction_id"], strict=True))
    np.testing.assert_array_equal(pairs.tasks[:, 0], rows["task"])
    np.testing.assert_array_equal(pairs.tasks[:, 0], twins["task"])
    np.testing.assert_array_equal(pairs.tasks[:, 1], donors["task"])
    assert all(len(set(four)) == 4 for four in pairs.tasks.tolist())
    assert pairs.answers[:, 0].tolist() == [ids[-1] for ids in rows["input_ids"]]
    assert pairs.answers[:, 1].tolist() == [ids[-1] for ids in donors["input_ids"]]


def around_instruction(corpus, rows):
    spans = corpus.spans(corpus.table)
    ids = corpus.table["input_ids"].to_pylist()
    return [
        (ids[row][: spans.instruction[row, 0]], ids[row][spans.instruction[row, 1] : spans.prompt[row]])
        for row in rows
    ]


def test_partners_have_the_same_tokens_around_their_instructions(corpus_of_two_templates):
    corpus = corpus_of_two_templates
    pairs = draw_pairs(corpus, "validation", 50, 3)
    assert len(pairs) == 16
    own = around_instruction(corpus, pairs.rows)
    assert len({str(one) for one in own}) == 4, "two inputs in two templates"
    assert around_instruction(corpus, pairs.donors) == own
    assert around_instruction(corpus, pairs.twins) == own


def test_a_pure_function_of_the_seed(corpus):
    assert (
        draw_pairs(corpus, "validation", 9, 3).rows.tolist()
        == draw_pairs(corpus, "validation", 9, 3).rows.tolist()
    )
    assert (
        draw_pairs(corpus, "validation", 9, 3).rows.tolist()
        != draw_pairs(corpus, "validation", 9, 4).rows.tolist()
    )


def test_a_split_that_is_not_there_has_nobody_to_pair(corpus):
    with pytest.raises(NobodyToPairError, match="no instance of unseen_dialect"):
        draw_pairs(corpus, "unseen_dialect", 9, 3)


def test_a_guess_from_the_input_is_right_where_its_commonest_answer_is(corpus):
    pairs = draw_pairs(corpus, "validation", 50, 3)
    train = corpus.of_split("train").to_pandas()
    for row, guessed in zip(corpus.table.take(pairs.rows).to_pylist(), pairs.guessed, strict=True):
        counts = train.loc[train["input"] == row["input"], "output"].value_counts()
        commonest = counts.index[counts == counts.max()]
        assert guessed == pytest.approx((row["output"] in commonest) / len(commonest))
    assert 0 < pairs.guessed.mean() < 0.6
