"""What all kinds of corpora have in common, held on one of them."""

import numpy as np
import pyarrow as pa

from nucleate.corpus.corpus import NO_ANSWER, Corpus
from nucleate.corpus.spans import Spans


class Bare(Corpus):
    def __init__(self, sequences, prompts, groups):
        n = len(sequences)
        self.table = pa.table(
            {"input_ids": sequences, "instruction_id": groups, "split": ["train"] * n, "prompt": prompts}
        )

    def read_labels(self):
        return {"task": np.zeros(self.table.num_rows, dtype=np.int64)}

    def read_spans(self, table):
        return Spans(None, None, table["prompt"].to_numpy())

    n_tasks = vocab_size = 1
    tokenizer = text_of = save = None


MADE = Bare([[1, 2, 3, 9], [1, 2, 4], [1, 2, 3, 5, 9], [7, 8], [7, 8]], [3, 3, 4, 2, 2], [0, 0, 0, 1, 1])


def test_what_an_instructions_prompts_begin_with_leaves_each_a_token_of_its_own():
    assert MADE.shared_lengths(MADE.table) == [2, 2, 2, 1, 1]
    assert MADE.shared_lengths(MADE.table.take([0, 2])) == [2, 2]


def test_answers_are_what_comes_after_the_prompt():
    assert MADE.answer_lengths(MADE.table) == [1, 0, 1, 0, 0]
    assert MADE.first_answers(MADE.table).tolist() == [9, NO_ANSWER, 9, NO_ANSWER, NO_ANSWER]
    assert MADE.n_positions == 5


def test_bags_count_the_prompt_where_no_instruction_is_told():
    assert MADE.token_bags(MADE.table.take([1, 3])).tolist() == [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]


def test_labels_and_spans_of_the_whole_table_are_read_once():
    class Counted(Bare):
        n_read = 0

        def read_labels(self):
            self.n_read += 1
            return super().read_labels()

        def read_spans(self, table):
            self.n_read += 1
            return super().read_spans(table)

    made = Counted([[1, 2], [1, 3]], [1, 1], [0, 0])
    for _ in range(3):
        assert made.labels()["task"].tolist() == [0, 0]
        assert made.spans(made.table).prompt.tolist() == [1, 1]
    assert made.n_read == 2
    made.labels().clear()
    assert list(made.labels()) == ["task"]
    assert made.spans(made.table.take([1])).prompt.tolist() == [1]
    assert made.n_read == 3
