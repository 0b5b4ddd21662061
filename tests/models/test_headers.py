import pytest
import torch
from safetensors.torch import save_file

from nucleate.foreign_files import ForeignFileError
from nucleate.models.headers import claimed_tensors, require_index

WEIGHTS = {"a": torch.zeros(2, 3), "b": torch.zeros(4)}


def test_shapes_of_safetensors_and_of_pickles(tmp_path):
    save_file(WEIGHTS, tmp_path / "m.safetensors")
    torch.save(WEIGHTS, tmp_path / "m.bin")
    torch.save(WEIGHTS, tmp_path / "old.bin", _use_new_zipfile_serialization=False)
    for name in ("m.safetensors", "m.bin", "old.bin"):
        assert claimed_tensors([tmp_path / name]) == {"a": (2, 3), "b": (4,)}


@pytest.mark.parametrize(
    ("held", "what"),
    [
        (
            {"a": torch.zeros(1).expand(10**6, 10**6)},
            r"m.bin: a claims \(1000000, 1000000\), more than the file",
        ),
        ([torch.zeros(1)], "m.bin: it holds list"),
        ({"model": WEIGHTS}, "m.bin: model is dict, not a tensor"),
    ],
)
def test_claims_that_a_pickle_does_not_hold(tmp_path, held, what):
    torch.save(held, tmp_path / "m.bin")
    with pytest.raises(ForeignFileError, match=what):
        claimed_tensors([tmp_path / "m.bin"])


@pytest.mark.parametrize("shard", ["../outside.safetensors", "model-00002-of-00002.safetensors", 1])
def test_an_index_names_files_beside_it(tmp_path, shard):
    file = tmp_path / "model-00001-of-00002.safetensors"
    file.touch()
    index = tmp_path / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "model-00001-of-00002.safetensors"}}')
    require_index(tmp_path, [file])
    index.write_text('{"weight_map": {"a": %s}}' % (shard if isinstance(shard, int) else f'"{shard}"'))
    with pytest.raises(ForeignFileError, match=r"model\.safetensors\.index\.json"):
        require_index(tmp_path, [file])
