"""A model that is there as an object is a series of one, known by its weights."""

import pytest
import torch

from nucleate.errors import ModelError
from nucleate.models.series.in_memory import Loaded, SeriesInMemory
from nucleate.models.series.series import find_series
from nucleate.models.series.settings import SeriesSettings
from tests.small_models import small_gpt2
from tests.small_tokenizers import byte_level_bpe


def series_of(model):
    loaded = Loaded.of(model, byte_level_bpe())
    return SeriesInMemory.holding(SeriesSettings(name=f"memory:{loaded.name}"), loaded)


def test_it_has_the_object_itself_and_an_untrained_twin(tmp_path):
    model = small_gpt2()
    series = series_of(model)
    assert (list(series.members), series.name, series.settings.is_gone) == ([0, 1], "GPT2LMHeadModel", True)
    with series.model(1, 3) as own, series.model(0, 3) as twin:
        assert own is model
    model.save_pretrained(tmp_path / "saved")
    byte_level_bpe().save_pretrained(tmp_path / "saved")
    loaded = find_series(SeriesSettings(name=str(tmp_path / "saved")), tmp_path)
    with loaded.model(0, 3) as from_folder:
        same = zip(twin.state_dict().values(), from_folder.state_dict().values(), strict=True)
        assert all(torch.equal(one.cpu(), other.cpu()) for one, other in same)


def test_another_weight_is_another_model_in_any_precision():
    model = small_gpt2()
    before = series_of(model).table[0]
    assert before == series_of(model).table[0]
    with torch.no_grad():
        model.transformer.wte.weight[0, 0] += 1
    after = series_of(model).table[0].digest
    assert after != before.digest != series_of(model.to(torch.bfloat16)).table[0].digest != after


def test_of_a_model_with_adapters_the_one_inside_is_taken():
    inner = small_gpt2()

    class Wrapped(torch.nn.Module):
        peft_config: dict = {}  # noqa: RUF012 - as PEFT has it

        def get_base_model(self):
            return inner

    assert Loaded.of(Wrapped(), byte_level_bpe()).model is inner


def test_what_is_no_model_with_its_tokenizer_is_refused():
    for model, tokenizer in ((small_gpt2(), None), (torch.nn.Linear(2, 2), byte_level_bpe())):
        with pytest.raises(ModelError, match="expected a model of transformers and its tokenizer, got"):
            Loaded.of(model, tokenizer)
