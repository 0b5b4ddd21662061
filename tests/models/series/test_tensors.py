import pytest
import torch
from safetensors.torch import save_file

from nucleate.errors import ModelError
from nucleate.models.series.tensors import SharedTensors, compare_tensors, tensor_digests


@pytest.fixture
def weights():
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    return {
        "wte": draw(5, 4),
        "h.0": draw(4, 4),
        "ln": torch.ones(4),
        "scalar": torch.tensor(2.0),
        "empty": torch.empty(0),
    }


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_both_kinds_of_file_have_the_same_tensors_whatever_files_they_are_spread_over(
    weights, dtype, tmp_path
):
    weights = {name: tensor.to(dtype) for name, tensor in weights.items()}
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    save_file({"wte": weights["wte"]}, tmp_path / "a.safetensors")
    torch.save({name: tensor for name, tensor in weights.items() if name != "wte"}, tmp_path / "b.bin")
    whole = tensor_digests([tmp_path / "model.safetensors"])
    assert whole.keys() == {"wte", "h.0"}, "one value throughout says nothing"
    assert tensor_digests([tmp_path / "a.safetensors", tmp_path / "b.bin"]) == whole


def test_a_tensor_of_another_step_is_named_with_the_first_that_has_it():
    found = compare_tensors(
        {"step0": {"a": "1", "b": "2"}, "step5": {"a": "3", "b": "2"}, "step9": {"a": "3", "b": "2"}}
    )
    assert found == [
        SharedTensors("step5", "step0", ("b",), 2),
        SharedTensors("step9", "step5", ("a",), 2),
        SharedTensors("step9", "step0", ("b",), 2),
    ]
    assert compare_tensors({"step0": {"a": "1"}, "step5": {"b": "1"}}) == [], "another name is another place"


def test_what_cannot_be_compared_is_refused(tmp_path):
    with pytest.raises(ModelError, match="tensor by tensor"):
        tensor_digests([tmp_path / "model.gguf"])
