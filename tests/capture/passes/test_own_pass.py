import numpy as np
import pytest

from nucleate.capture.passes.forward import Forward
from nucleate.capture.self_test import settle_capture
from nucleate.capture.settings import CaptureSettings
from nucleate.errors import ModelError
from tests import small_models


@pytest.fixture(scope="module")
def corpus(answered_corpus):
    return answered_corpus


def settled(model, corpus):
    return settle_capture(model, corpus, np.arange(corpus.table.num_rows), CaptureSettings())


@pytest.mark.parametrize("what", small_models.REFUSED)
def test_a_model_that_cannot_be_believed_is_refused(corpus, what):
    with pytest.raises(ModelError, match=what):
        settled(small_models.REFUSED[what](), corpus)


def test_answers_that_are_read_wrongly_are_refused(corpus, monkeypatch):
    plain = Forward.run

    def wrong(self, batch, sequences, spans):
        found = plain(self, batch, sequences, spans)
        found.surprisal[:] += 1
        return found

    monkeypatch.setattr("nucleate.capture.passes.forward.Forward.run", wrong)
    with pytest.raises(ModelError, match="the loss of the answer is"):
        settled(small_models.KINDS["GPT-2"](), corpus)
