import numpy as np
import pytest
import torch

from nucleate.capture.self_test import settle_capture
from nucleate.capture.settings import CaptureSettings
from tests import small_models

ASKED = CaptureSettings()


@pytest.fixture(scope="module")
def corpus(answered_corpus):
    return answered_corpus


def settled(model, corpus, settings=ASKED):
    return settle_capture(model, corpus, np.arange(corpus.table.num_rows), settings)


@pytest.mark.parametrize("kind", small_models.KINDS)
def test_models_that_keep_to_their_masks_are_captured_as_asked(corpus, kind):
    found = settled(small_models.KINDS[kind](), corpus)
    assert (found.settings, found.note) == (ASKED, "")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_rounding_is_no_mistake(corpus, dtype):
    assert not settled(small_models.KINDS["Llama"]().to(dtype), corpus).note


def test_where_states_depend_on_length_prompts_are_run_one_at_a_time_and_that_is_said(corpus):
    model = small_models.LONG_ROPE()
    found = settled(model, corpus)
    assert "prompts are run one at a time" in found.note
    assert (found.settings.batch_tokens, found.settings.share_beginnings) == (1, False)


def test_a_model_that_sees_its_padding_is_run_one_prompt_at_a_time(corpus):
    model = small_models.KINDS["GPT-2"]()

    def mixed(_module, _arguments, output):
        return output + 0.1 * output.shape[-2] ** 2 * output.mean(-1, keepdim=True).cos()

    model.transformer.wpe.register_forward_hook(mixed)
    found = settled(model, corpus)
    assert "other states in a batch than for single prompts: at embed" in found.note
    assert found.settings.batch_tokens == 1
