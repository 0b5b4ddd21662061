import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from nucleate.arrays.given_values import flat, named, words_of
from nucleate.errors import LabelsError

LABELS = ["b", "a", "b", "a"]


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        (
            np.array(LABELS)[:, None],
            r"the label 'label' has the shape \(4, 1\), expected one value per example",
        ),
        ({"task": [[1, 2]] * 4}, r"the label 'task' has the shape \(4, 2\)"),
        ({"task": [[1, 2], [1], [1], [2]]}, "the label 'task' cannot be an array"),
        ("b", "has the type str"),
        (7, "has the type int"),
        ({"b", "a"}, "has the type set"),
        ((label for label in LABELS), "has the type generator"),
        ([1, 2, np.nan, 1], "is missing .* in 1 of 4 examples"),
        (pd.Series([1, None, None, 1], dtype="Int64"), "is missing .* in 2 of 4"),
        (np.array([(1, 2.0)] * 4, dtype=[("a", int), ("b", float)]), "expected plain values"),
        (["a", "\ud800", "a", "b"], "half of a surrogate pair"),
        ({" ": LABELS}, "a label has no name"),
        ({1: LABELS, "1": LABELS}, "two labels are called '1'"),
        *(
            ({"task": LABELS, name: LABELS}, f"a label is called '{name}'")
            for name in ("split", "prompt", "predicted", "x")
        ),
    ],
)
def test_labels_that_cannot_be_are_named(labels, what):
    with pytest.raises(LabelsError, match=what):
        for name, values in named(labels).items():
            flat(f"the label {name!r}", values)


def test_values_of_any_kind_are_flat():
    for values in (
        LABELS,
        tuple(LABELS),
        np.array(LABELS),
        pd.Series(LABELS, index=[3, 2, 1, 0]),
        pd.Categorical(LABELS),
    ):
        assert flat("it", values).tolist() == LABELS
    assert flat("it", torch.tensor([2, 1], requires_grad=False)).tolist() == [2, 1]
    dates = pd.to_datetime(["2020-01-01", "2020-01-02"])
    assert len(np.unique(flat("it", dates))) == 2


def test_a_factor_per_column_of_any_frame():
    columns = {"task": LABELS, "tone": [1, 2, 1, 2]}
    for frame in (columns, pd.DataFrame(columns), pa.table(columns)):
        found = named(frame)
        assert list(found) == ["task", "tone"]
        assert flat("tone", found["tone"]).tolist() == [1, 2, 1, 2]


def test_texts_are_words():
    assert words_of(["a b", "", "c"]) == ("a b", "", "c")
    with pytest.raises(LabelsError, match="no word"):
        words_of(["", " "])
