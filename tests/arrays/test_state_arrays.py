import numpy as np
import pandas as pd
import pytest
import torch

from nucleate.arrays.given_arrays import Beside, read_arrays
from nucleate.errors import LabelsError

STATES = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
LABELS = ["b", "a", "b", "a"]


def test_every_shape_and_kind_gives_the_same_states(tmp_path):
    np.save(tmp_path / "s.npy", STATES)
    mapped = np.load(tmp_path / "s.npy", mmap_mode="r")
    for states in (STATES, STATES.astype(np.float64), torch.from_numpy(STATES).requires_grad_(), mapped):
        found = read_arrays(states, LABELS, Beside(steps=[0, 7])).at(7)
        np.testing.assert_array_equal(found.at("last"), STATES[1])
        assert (found.sites, found.step) == (("embed", "block.1", "block.2"), 7)
    assert read_arrays(torch.from_numpy(STATES).bfloat16(), LABELS).at(1).states.dtype == np.float32
    np.testing.assert_array_equal(read_arrays(STATES[0], LABELS).at(1).at("last"), STATES[0])
    single = read_arrays(STATES[0, 1], LABELS).at(1)
    np.testing.assert_array_equal(single.at("last"), STATES[0, 1:2])
    assert single.sites == ("block.1",)


def test_labels_are_an_array_a_dict_or_a_frame():
    frame = pd.DataFrame({"task": LABELS, "tone": [1, 2, 1, 2], "instruction": [0, 0, 1, 1]})
    for labels in (frame, dict(frame.items())):
        arrays = read_arrays(STATES, labels)
        found = arrays.at(1).labels
        assert arrays.factors == ("task", "tone"), "instructions are what is resampled together"
        assert [found[name].tolist() for name in ("task", "tone")] == [[1, 0, 1, 0], [0, 1, 0, 1]]
        assert arrays.at(1).groups.tolist() == [0, 0, 1, 1]
    assert read_arrays(STATES, LABELS).factors == ("label",)
    assert read_arrays(STATES, pd.Series(LABELS, name="tone")).factors == ("tone",)
    assert read_arrays(STATES, LABELS).at(1).groups is None


def test_no_label_takes_the_place_of_groups_and_groups_that_of_none():
    both = read_arrays(STATES, {"task": LABELS, "instruction": LABELS}, Beside(groups=[3, 3, 1, 1])).at(1)
    assert both.labels["instruction"].tolist() == [1, 0, 1, 0]
    assert both.groups.tolist() == [1, 1, 0, 0]
    alone = read_arrays(STATES, {"instruction": LABELS})
    assert alone.factors == ("instruction",)
    assert alone.at(1).groups.tolist() == [0, 1, 2, 3], "a label that is asked for says nothing of groups"


def test_words_of_texts_are_counted():
    counts = read_arrays(STATES, LABELS, Beside(text=["a b", "b b", "c", "a"])).counts
    assert sorted(counts.sum(axis=0).tolist()) == [1, 2, 3]


def test_a_digest_is_of_all_that_is_scored():
    whole = read_arrays(STATES, LABELS).digest()
    assert whole == read_arrays(torch.from_numpy(STATES), LABELS).digest()
    others = (
        read_arrays(STATES + 1, LABELS),
        read_arrays(STATES, LABELS[::-1]),
        read_arrays(STATES, LABELS, Beside(groups=LABELS)),
        read_arrays(STATES, LABELS, Beside(split=["train", "train", "validation", "train"])),
        read_arrays(STATES, LABELS, Beside(steps=[0, 5])),
        read_arrays(STATES, LABELS, Beside(sites=["embed", "block.1", "block.3"])),
    )
    assert whole not in {one.digest() for one in others}


def test_states_that_are_not_finite_are_refused_before_anything_is_made_of_them():
    for states in (STATES * np.nan, STATES.astype(np.float64) + 1e39):
        for ask in (lambda arrays: arrays.at(1), lambda arrays: arrays.digest()):
            with pytest.raises(LabelsError, match="step 1 are not all finite"):
                ask(read_arrays(states, LABELS))
