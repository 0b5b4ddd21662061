import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nucleate.capture.passes.batches import plain_batches, saving, shared_batches

TOKENS = st.lists(st.integers(0, 2), min_size=1, max_size=7)


@given(st.lists(TOKENS, max_size=30), st.integers(1, 40))
def test_every_sequence_comes_once_and_batches_keep_to_their_size(sequences, batch_tokens):
    batches = list(plain_batches(sequences, batch_tokens))
    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(sequences)))
    for batch in batches:
        assert (
            len(batch.rows) == 1
            or len(batch.rows) * max(len(sequences[row]) for row in batch.rows) <= batch_tokens
        )


@given(st.lists(TOKENS, max_size=30), st.integers(1, 40), st.data())
def test_those_of_a_batch_begin_as_it_says(sequences, batch_tokens, data):
    shared = [data.draw(st.integers(0, len(ids) - 1)) for ids in sequences]
    batches = list(shared_batches(sequences, shared, batch_tokens))
    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(sequences)))
    for batch in batches:
        assert (
            len(batch.rows) == 1
            or len(batch.rows) * max(len(sequences[row]) for row in batch.rows) <= batch_tokens
        )
        distinct = sorted(set(batch.beginning.tolist()))
        assert distinct == list(range(len(distinct)))
        for number in distinct if batch.n_shared else ():
            begins = {
                tuple(sequences[row][: batch.n_shared]) for row in batch.rows[batch.beginning == number]
            }
            assert len(begins) == 1
            assert all(shared[row] == batch.n_shared for row in batch.rows)


def test_equal_beginnings_are_run_once():
    sequences = [[1, 2, 3], [1, 2, 4], [1, 5, 6], [1, 2, 5], [1, 5, 7]]
    (batch,) = shared_batches(sequences, [2] * 5, 100)
    assert batch.n_shared == 2
    runs = {number: batch.rows[batch.beginning == number].tolist() for number in np.unique(batch.beginning)}
    assert sorted(runs.values()) == [[0, 1, 3], [2, 4]]
    assert saving(sequences, [2] * 5) == (10 - 4) / 15


def test_nothing_is_saved_where_nothing_is_shared():
    assert saving([[1, 2], [3, 4]], [1, 1]) == 0
    (batch,) = shared_batches([[1, 2], [3, 4]], [1, 1], 100)
    assert batch.n_shared == 0
