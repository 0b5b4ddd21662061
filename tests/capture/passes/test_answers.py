"""The oracle is each architecture's own forward pass."""

import numpy as np
import pytest
import torch

from nucleate.capture.record import capture
from nucleate.capture.self_test import settle_capture
from nucleate.capture.settings import CaptureSettings
from tests import small_models


@pytest.fixture(scope="module")
def corpus(answered_corpus):
    return answered_corpus


@pytest.mark.parametrize("kind", small_models.ODD)
def test_answers_and_states_are_those_of_the_model_itself(corpus, kind):
    model = small_models.ODD[kind]()
    found = settle_capture(model, corpus, np.arange(corpus.table.num_rows), CaptureSettings())
    assert not found.note
    rows = np.arange(corpus.table.num_rows)
    read = capture(model, corpus, rows, step=0, positions=("last",), settings=found.settings)
    n = corpus.spans(corpus.table).prompt.tolist()
    for row, ids in enumerate(corpus.table["input_ids"].to_pylist()):
        with torch.no_grad():
            own = model(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
        loss = torch.nn.functional.cross_entropy(own.logits[0, n[row] - 1 : -1], torch.tensor(ids[n[row] :]))
        assert read.surprisal[row] == pytest.approx(float(loss), abs=1e-4)
        assert read.predicted[row] == int(own.logits[0, n[row] - 1].argmax())
        for index in range(3):  # the last of the model's own is taken after its final norm
            np.testing.assert_allclose(
                read.states[row, index, 0], own.hidden_states[index][0, n[row] - 1], atol=1e-4
            )


def test_bart_has_no_final_norm(corpus):
    assert (
        "final_norm"
        not in capture(
            small_models.ODD["BART: no final norm"](), corpus, np.arange(2), step=0, positions=("last",)
        ).sites
    )
