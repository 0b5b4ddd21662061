import numpy as np
import pandas as pd
import pytest
import torch

import nucleate
from nucleate.arrays.given_arrays import Beside, place_of, read_arrays
from nucleate.errors import ConfigError, LabelsError, NucleateError

STATES = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
LABELS = ["b", "a", "b", "a"]
FEW = ["scoring.n_resamples=20", "scoring.milestones=0", "scoring.n_init=2"]


@pytest.mark.parametrize(
    ("states", "more", "what"),
    [
        (STATES[0, 0, 0], {}, r"the shape \(5,\)"),
        (STATES, {"steps": [1]}, "1 different steps are named, and the states have 2"),
        (STATES, {"steps": [9, 1]}, "not ascending"),
        (STATES, {"sites": ["embed", "embed", "block.1"]}, "2 different sites"),
        (STATES, {"sites": ["embed", "h.0", "block.1"]}, r"sites are named embed, h\.0, block\.1"),
        (STATES[:, :1], {"sites": ["final_norm"]}, "sites are named final_norm"),
        (STATES, {"split": ["train"]}, "1 values of split for 4 examples"),
        (STATES, {"groups": [1, 2, 3]}, "3 values of groups for 4 examples"),
        (STATES[:, :, :3], {}, "4 values of label for 3 examples"),
        (STATES, {"steps": ["a", "b"]}, r"steps are \['a', 'b'\], expected whole numbers"),
        (STATES, {"steps": [0.5, 1]}, "expected whole numbers"),
        (STATES, {"steps": [-1, 1]}, "expected whole numbers"),
        (STATES, {"steps": 7}, "steps are 7"),
        (STATES, {"sites": "embed"}, "sites are 'embed', expected a list"),
        (STATES, {"split": "train"}, "split has the type str"),
        (STATES, {"split": ["train", None, "train", "train"]}, "split is missing .* in 1 of 4"),
        (STATES, {"groups": [[1], [1], [2], [2]]}, r"groups has the shape \(4, 1\)"),
        (STATES, {"text": [""] * 4}, "text holds no word"),
        (STATES, {"text": ["a", "b", "c", "\ud800"]}, "text holds half of a surrogate pair"),
        (STATES, {"position": 3}, "the position is 3"),
        (STATES[..., :0], {}, r"the shape \(2, 3, 4, 0\)"),
        (STATES[:, :, :0], {}, r"the shape \(2, 3, 0, 5\)"),
        (STATES.astype(str), {}, "the type <U32, expected real numbers"),
        (STATES.astype(object), {}, "the type object, expected real numbers"),
        (STATES + 1j, {}, "the type complex64, expected real numbers"),
        (torch.from_numpy(STATES + 1j), {}, r"the type torch\.complex64"),
        (np.ma.masked_equal(STATES, 3), {}, "masked in part"),
        (pd.DataFrame({"a": LABELS, "b": LABELS}), {}, "expected real numbers"),
        ([[1.0, 2.0]], {}, "the type list"),
    ],
)
def test_what_does_not_go_together_is_named(states, more, what):
    with pytest.raises(LabelsError, match=what):
        read_arrays(states, LABELS, Beside(**more))


def test_a_frame_of_numbers_is_states():
    found = read_arrays(pd.DataFrame(STATES[0, 0]), LABELS).at(1)
    np.testing.assert_array_equal(found.at("last")[0], STATES[0, 0])


def test_files_that_are_no_arrays_are_named(tmp_path):
    np.save(tmp_path / "objects.npy", STATES.astype(object))
    np.savez(tmp_path / "several.npz", STATES, STATES)
    np.save(tmp_path / "whole.npy", STATES)
    (tmp_path / "torn.npy").write_bytes((tmp_path / "whole.npy").read_bytes()[:200])
    (tmp_path / "empty.npy").write_bytes(b"")
    for name in ("objects.npy", "torn.npy", "empty.npy", "missing.npy", "."):
        with pytest.raises(LabelsError, match="cannot be read as an array"):
            read_arrays(tmp_path / name, LABELS)
    with pytest.raises(LabelsError, match="holds several arrays"):
        read_arrays(tmp_path / "several.npz", LABELS)
    np.testing.assert_array_equal(
        read_arrays(str(tmp_path / "whole.npy"), LABELS).at(2).states[:, 1, 0], STATES[1, 1]
    )


@pytest.mark.parametrize(
    ("labels", "more", "what"),
    [
        (np.zeros(4), {}, "1 in 4 examples of train; .*two labels or more, one of them there twice"),
        (np.arange(4), {}, "4 in 4 examples of train"),
        (
            LABELS,
            {"split": ["train", "train", "test", "test"]},
            "2 in 2 examples of test, 2 in 2 examples of train",
        ),
        (LABELS, {"overrides": ["claims.factor=tone"]}, "claims.factor is tone"),
        (LABELS, {"overrides": ["scoring.factors=['label', 'tone']"]}, "scoring.factors has 'tone'"),
        (LABELS, {"overrides": ["scoring.across=tone"]}, "scoring.across has 'tone'"),
        (LABELS, {"name": 3}, "the model's name is 3"),
        (LABELS, {"out": 3}, "out has the type int"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_there_is_a_folder(labels, more, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NucleateError, match=what):
        nucleate.score(STATES, labels, **more)
    assert not list(tmp_path.iterdir())


def test_arrays_have_a_place():
    assert str(place_of(None, "mine")) == "runs/mine"
    assert str(place_of("there", "mine")) == "there"
    with pytest.raises(ConfigError, match="name is ''"):
        place_of(None, "")
    assert read_arrays(STATES, LABELS, Beside(position="mean")).position == "mean"
