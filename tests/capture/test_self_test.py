import numpy as np
import pytest
import torch

from nucleate.capture.self_test import require_batches_to_agree
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.corpus.prompts.prompt_files import Prompt
from nucleate.errors import ModelError
from tests import small_models
from tests.small_tokenizers import byte_level_bpe

TEXTS = ["The capital", "The capital of France is", "What is the currency of Japan, and of what is it made?"]


@pytest.fixture(scope="module")
def corpus():
    prompts = [Prompt(text, text, None, None, None, "train", {"task": text}) for text in TEXTS]
    return PromptCorpus.build(prompts, byte_level_bpe())


@pytest.mark.parametrize("kind", small_models.KINDS)
def test_models_that_keep_to_their_masks_pass(corpus, kind):
    require_batches_to_agree(small_models.KINDS[kind](), corpus, np.arange(3), CaptureSettings())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_rounding_is_no_mistake(corpus, dtype):
    require_batches_to_agree(small_models.KINDS["Llama"]().to(dtype), corpus, np.arange(3), CaptureSettings())


def test_a_model_that_sees_its_padding_is_refused_and_told_how_to_go_on(corpus):
    model = small_models.KINDS["GPT-2"]()
    model.transformer.wpe.register_forward_hook(lambda _module, _arguments, output: output.flip(-2))
    with pytest.raises(
        ModelError, match="other states in a batch than for single prompts: at embed"
    ) as caught:
        require_batches_to_agree(model, corpus, np.arange(3), CaptureSettings())
    assert "capture.batch_tokens=1" in caught.value.mend
    require_batches_to_agree(
        model, corpus, np.arange(3), CaptureSettings(batch_tokens=1, share_beginnings=False)
    )
