import numpy as np
import pytest

from nucleate.capture.record import capture
from nucleate.capture.settings import CaptureSettings
from nucleate.capture.stored import read_states, store_states
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.errors import LabelsError
from nucleate.models.gpt2 import build_model
from nucleate.settings.presets import resolve

SETTINGS = resolve("smoke")
POSITIONS = ("input", "instruction_mean")
SMALL = CaptureSettings(batch_tokens=50)


@pytest.fixture(scope="module")
def corpus():
    return GrammarCorpus.build(SETTINGS.corpus, 1)


@pytest.fixture(scope="module")
def model(corpus):
    return build_model(SETTINGS.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=1)


def test_what_is_read_is_what_would_have_been_captured(corpus, model, tmp_path):
    rows = np.arange(0, corpus.table.num_rows, 3)
    store_states(model, corpus, rows, tmp_path / "s", step=7, positions=POSITIONS, settings=SMALL)
    asked = rows[[9, 2, 5]]
    found = read_states(tmp_path / "s", corpus, asked)
    expected = capture(model, corpus, asked, step=7, positions=POSITIONS, settings=SMALL)
    np.testing.assert_allclose(found.states, expected.states, atol=1e-5)
    np.testing.assert_allclose(found.surprisal, expected.surprisal, atol=1e-5)
    for name in ("predicted", "expected", "answered", "split", "instruction_counts"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert (found.sites, found.positions, found.step) == (expected.sites, expected.positions, 7)
    np.testing.assert_array_equal(
        found.at_positions(("instruction_mean",)).at("instruction_mean"), found.at("instruction_mean")
    )


def test_a_row_that_was_not_stored_is_named(corpus, model, tmp_path):
    store_states(model, corpus, np.arange(4), tmp_path / "s", step=0, positions=POSITIONS, settings=SMALL)
    with pytest.raises(LabelsError, match="no states of row 9"):
        read_states(tmp_path / "s", corpus, np.array([2, 9]))
    with pytest.raises(LabelsError, match="no position 'last'"):
        read_states(tmp_path / "s", corpus, np.arange(2)).at_positions(("last",))
