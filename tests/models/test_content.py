import os

import pytest

from nucleate.errors import ModelError
from nucleate.models.content import model_digest, tokenizer_digest
from tests.small_models import small_gpt2
from tests.small_tokenizers import byte_level_bpe


@pytest.fixture
def model(tmp_path):
    small_gpt2().save_pretrained(tmp_path / "model")
    byte_level_bpe().save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def change(file):
    """One byte other, at the same place, size and time."""
    about = file.stat()
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(bytes(content))
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns + 1))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("model.safetensors", {"model"}),
        ("config.json", {"model", "tokenizer"}),
        ("tokenizer.json", {"tokenizer"}),
        ("optimizer.pt", set()),
    ],
)
def test_another_content_is_another_model_whatever_the_path(model, name, changes):
    (model / "optimizer.pt").write_bytes(b"of no interest")
    of = {"model": model_digest, "tokenizer": tokenizer_digest}
    before = {what: digest(model) for what, digest in of.items()}
    change(model / name)
    moved = model.rename(model.with_name("moved"))
    assert {what for what, digest in of.items() if digest(moved) != before[what]} == changes


def test_a_file_is_both(tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(b"0123456789")
    before = model_digest(path), tokenizer_digest(path)
    change(path)
    assert model_digest(path) != before[0]
    assert tokenizer_digest(path) != before[1]


def test_nothing_is_named(tmp_path):
    with pytest.raises(ModelError, match="there is no"):
        tokenizer_digest(tmp_path / "nowhere")
