import numpy as np
import pytest
import torch

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


def damaged(kind, *names):
    model = small_models.KINDS[kind]()
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            if not names or name in names:
                weight.fill_(float("nan"))
    return model


@pytest.mark.parametrize("kind", ["GPT-2", "Llama", "GPT-NeoX", "Mamba"])
def test_weights_that_have_diverged_are_told_as_that(corpus, kind):
    with pytest.raises(ModelError, match=r"the states of prompt .* are not finite at embed") as caught:
        settled(damaged(kind), corpus)
    assert "its weights may be damaged" in caught.value.mend


def test_so_are_those_of_one_block_of_the_head_and_of_a_single_token(corpus):
    with pytest.raises(ModelError, match=r"states of prompt .* are not finite at block\.2"):
        settled(damaged("Llama", "model.layers.1.mlp.down_proj.weight"), corpus)
    model = small_models.KINDS["Llama"]()
    with torch.no_grad():
        model.lm_head.weight[3] = float("nan")
    with pytest.raises(ModelError, match="logits of LlamaForCausalLM are not finite at the head"):
        settled(model, corpus)
    model = small_models.KINDS["GPT-2"]()
    lengths = corpus.spans(corpus.table).prompt
    shortest, longest = (
        set(corpus.table["input_ids"][int(i)].as_py()) for i in (lengths.argmin(), lengths.argmax())
    )
    with torch.no_grad():
        model.transformer.wte.weight[list(shortest - longest)] = float("nan")
    with pytest.raises(ModelError, match="not finite"):
        settled(model, corpus)
